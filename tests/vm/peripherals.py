"""Plays a strap, an InfiniTime watch and a strap that must be paired with, on one virtual link with the kernel's controller.

Every value that leaves goes into the ledger, one JSON object a line, before it is sent. Standard input takes commands:
`drop NAME`, `away NAME`, `back NAME`, `mute NAME`, `unmute NAME`, `stop`.
"""

import asyncio
import json
import struct
import sys
import time

from bumble import hci
from bumble.controller import Controller
from bumble.core import UUID, AdvertisingData
from bumble.device import Device, DeviceConfiguration
from bumble.gatt import Characteristic, CharacteristicValue, Service
from bumble.hci import Address
from bumble.host import Host
from bumble.link import LocalLink
from bumble.pairing import PairingConfig, PairingDelegate
from bumble.transport.vhci import open_vhci_transport

HEART_RATE, BATTERY, TIME, INFORMATION = UUID(0x180D), UUID(0x180F), UUID(0x1805), UUID(0x180A)
MOTION = UUID("00030000-78fc-48fe-8e23-433b3a1942d0")
STEPS = UUID("00030001-78fc-48fe-8e23-433b3a1942d0")
P = Characteristic.Properties
READABLE, WRITEABLE = Characteristic.READABLE, Characteristic.WRITEABLE
ENCRYPTED = Characteristic.Permissions.READ_REQUIRES_ENCRYPTION

ledger = open(sys.argv[1], "a", buffering=1)


def note(**what):
    ledger.write(json.dumps({"t": int(time.time() * 1000), **what}) + "\n")


class Link(LocalLink):
    """Bumble 0.0.236 sends as the central's random address of the moment, which a kernel that scans changes often."""

    def send_acl_data(self, sender_controller, destination_address, transport, data):
        connection = sender_controller.le_connections.get(destination_address)
        receiver = self.find_le_controller(destination_address)
        if connection and receiver:
            asyncio.get_running_loop().call_soon(receiver.on_link_acl_data, connection.self_address, transport, data)


class KernelController(Controller):
    """As a chip of Bluetooth 4.0: Bumble 0.0.236 claims LL privacy and yet sends the old event of a connection, for which a
    kernel that reads the claim waits in vain, to end no link ever after. And it says yes to the cancelling of a connect and
    goes on with it."""

    le_features = Controller.le_features & ~(hci.LeFeatureMask.LL_PRIVACY | hci.LeFeatureMask.LE_EXTENDED_ADVERTISING)

    def on_hci_le_create_connection_cancel_command(self, command):
        if not self.pending_le_connection:
            return hci.HCI_StatusReturnParameters(hci.HCI_ErrorCode.COMMAND_DISALLOWED_ERROR)
        pending, self.pending_le_connection = self.pending_le_connection, None
        asyncio.get_running_loop().call_soon(self.send_hci_packet, hci.HCI_LE_Connection_Complete_Event(
            status=hci.HCI_ErrorCode.UNKNOWN_CONNECTION_IDENTIFIER_ERROR, connection_handle=0, role=0,
            peer_address_type=pending.peer_address_type, peer_address=pending.peer_address, connection_interval=0,
            peripheral_latency=0, supervision_timeout=0, central_clock_accuracy=0))
        return hci.HCI_StatusReturnParameters(hci.HCI_ErrorCode.SUCCESS)


class Peripheral:
    def __init__(self, name, shown, address, link, bond):
        self.name, self.muted, self.present, self.n = name, False, True, 0
        self.battery = 80
        controller = Controller(name, link=link)
        config = DeviceConfiguration(name=shown, address=Address(address), advertising_interval_min=200,
                                     advertising_interval_max=200)
        self.device = Device(config=config, host=Host(controller, controller))
        self.device.pairing_config_factory = lambda _: PairingConfig(
            sc=True, mitm=False, bonding=True, delegate=PairingDelegate(PairingDelegate.NO_OUTPUT_NO_INPUT))
        self.heart = Characteristic(UUID(0x2A37), P.NOTIFY, READABLE, b"\0\0")
        self.level = self.readable(UUID(0x2A19), P.READ | P.NOTIFY, lambda: bytes([self.battery]), "battery",
                                   lambda b: b[0], ENCRYPTED if bond else READABLE)
        self.heart.on("subscription", lambda _, notify, indicate: note(
            device=self.name, event="subscribed" if notify else "unsubscribed"))
        self.device.add_service(Service(HEART_RATE, [self.heart]))
        self.device.add_service(Service(BATTERY, [self.level]))
        self.device.add_service(Service(INFORMATION, [
            Characteristic(UUID(0x2A29), P.READ, READABLE, b"Bumble"),
            Characteristic(UUID(0x2A24), P.READ, READABLE, name.encode())]))
        # Bumble's controller answers no scan: the name, which InfiniTime gives in its scan response, stands here.
        self.device.advertising_data = bytes(AdvertisingData([
            (AdvertisingData.FLAGS, bytes([6])),
            (AdvertisingData.COMPLETE_LIST_OF_16_BIT_SERVICE_CLASS_UUIDS, bytes(HEART_RATE)),
            (AdvertisingData.COMPLETE_LOCAL_NAME, shown.encode())]))
        self.device.on("connection", self.connected)

    def readable(self, uuid, properties, value, what, decode, permissions=READABLE):
        def read(_):
            taken = value()
            note(device=self.name, event="read", what=what, value=decode(taken))
            return taken
        return Characteristic(uuid, properties, permissions, CharacteristicValue(read=read))

    def connected(self, connection):
        note(device=self.name, event="connected")

        def disconnected(reason):
            note(device=self.name, event="disconnected", reason=reason)
            if self.present:
                asyncio.create_task(self.device.start_advertising())

        connection.on("disconnection", disconnected)
        connection.on("pairing", lambda _: note(device=self.name, event="paired"))
        connection.on("connection_encryption_change",
                      lambda: note(device=self.name, event="encrypted", value=connection.encryption))

    async def notify(self, characteristic, bytes_, /, **what):
        for connection in list(self.device.connections.values()):
            cccd = self.device.gatt_server.subscribers.get(connection, {}).get(characteristic.handle)
            if cccd and cccd[0] & 1:
                note(device=self.name, event="notified", **what)
                await self.device.notify_subscriber(connection, characteristic, bytes_)

    async def start(self):
        await self.device.power_on()
        await self.device.start_advertising()
        asyncio.create_task(self.play())

    async def play(self):
        while True:
            await asyncio.sleep(1 - time.time() % 1)
            self.n += 1
            if not self.muted:
                await self.second()

    async def second(self):
        rate, rr = 60 + self.n % 90, 700 + self.n % 600
        await self.notify(self.heart, struct.pack("<BBH", 0b10110, rate, rr), what="heart_rate", value=rate, rr=rr)
        if self.n % 30 == 0:
            self.battery -= 1
            await self.notify(self.level, bytes([self.battery]), what="battery", value=self.battery)

    async def command(self, word):
        if word in ("mute", "unmute"):
            self.muted = word == "mute"
        if word == "back":
            self.present = True
            await self.device.start_advertising()
        if word in ("drop", "away"):
            self.present = word == "drop"
            for connection in list(self.device.connections.values()):
                await connection.disconnect()
        if word == "away":
            await self.device.stop_advertising()


class Watch(Peripheral):
    def __init__(self, *args):
        super().__init__(*args)
        self.steps = 1000
        self.counter = self.readable(STEPS, P.READ | P.NOTIFY, lambda: struct.pack("<I", self.steps), "steps",
                                     lambda b: struct.unpack("<I", b)[0])

        def set_clock(_, value):
            note(device=self.name, event="written", what="clock", value=value.hex(), local=time.strftime("%F %T"))

        def clock(_):
            then = time.localtime(time.time() - 90)
            note(device=self.name, event="read", what="clock", value=-90)
            return struct.pack("<H8B", then.tm_year, then.tm_mon, then.tm_mday, then.tm_hour, then.tm_min, then.tm_sec,
                               then.tm_wday or 7, 0, 0)
        self.device.add_service(Service(TIME, [Characteristic(
            UUID(0x2A2B), P.READ | P.WRITE, READABLE | WRITEABLE, CharacteristicValue(read=clock, write=set_clock))]))
        self.device.add_service(Service(MOTION, [self.counter]))

    async def second(self):
        if self.n % 3 == 0:
            rate = 55 + self.n // 3 % 100
            await self.notify(self.heart, bytes([0, rate]), what="heart_rate", value=rate)
        if self.n % 2 == 0:
            self.steps += 3
            await self.notify(self.counter, struct.pack("<I", self.steps), what="steps", value=self.steps)


async def main():
    link = Link()
    kernel = await open_vhci_transport(None)
    KernelController("hci0", host_source=kernel.source, host_sink=kernel.sink, link=link, public_address="C0:FF:EE:00:00:00")
    everyone = [Peripheral("strap", "Strap 7", "C0:FF:EE:00:00:01", link, False),
                Watch("watch", "InfiniTime", "C0:FF:EE:00:00:02", link, False),
                Peripheral("bonded", "Strap B", "C0:FF:EE:00:00:03", link, True)]
    for one in everyone:
        await one.start()
    print("ready", flush=True)
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while (line := (await reader.readline()).decode().split()) and line[0] != "stop":
        for one in everyone:
            if one.name in line[1:]:
                note(device=one.name, event="command", value=line[0])
                await one.command(line[0])


asyncio.run(main())
