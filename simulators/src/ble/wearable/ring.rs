//! A Colmi R02 ring. It keeps steps by the quarter hour and heart rate every five minutes, on its own clock, and tells
//! nothing by itself: a client asks in packets and is answered in packets.

use foulee_gatt::battery::BatteryLevel;
use foulee_gatt::colmi::{HeartRateLogPacket, LiveHeartRate, Packet, Request, Response, StepLogPacket};
use foulee_gatt::uuids::{COLMI_NOTIFY, COLMI_SERVICE, COLMI_WRITE};
use uuid::Uuid;

use super::ring_memory::RingMemory;
use super::standard::DeviceInformation;
use super::{Characteristic, Epoch, EpochCause, Flag, Now, Pdu, Profile, Service, Value, Wearable};

const DAY_S: i64 = 86_400;
/// Heart rates in the first packet of a log, and in each one after it.
const IN_FIRST: i64 = 9;
const IN_NEXT: i64 = 13;

#[derive(Debug)]
pub(crate) struct Ring {
    number: u32,
    information: DeviceInformation,
    memory: RingMemory,
    measures: bool,
    epochs: Vec<Epoch>,
}

impl Ring {
    pub(crate) fn new(number: u32, now: &mut Now<'_>) -> Self {
        Self {
            number,
            information: DeviceInformation {
                manufacturer: "Colmi",
                model: "R02_V3.0",
                serial: format!("R{number:06}"),
                firmware: "R02_3.00.06_240523",
            },
            memory: RingMemory::of_the_last_week(now),
            measures: false,
            epochs: vec![Epoch { from_ms: now.at_ms, cause: EpochCause::Start }],
        }
    }

    fn answer(&mut self, request: Request, now: &mut Now<'_>) -> Vec<Pdu> {
        match request {
            Request::SetTime { time, .. } => {
                now.clock.set(time.at().wall_s() * 1000, now.at_ms);
                vec![pdu(Response::TimeSet([0; 14]), Vec::new())]
            }
            Request::Battery => BatteryLevel::new(now.battery_percent).map_or_else(
                |_| Vec::new(),
                |level| {
                    let values = vec![Value::now("battery", level.percent())];
                    vec![pdu(Response::Battery { level, charging: false }, values)]
                },
            ),
            Request::HeartRateLog { day_start_s } => self.heart_rate_log(day_start_s, now),
            Request::StepLog { days_ago } => self.step_log(days_ago, now),
            Request::StartHeartRate | Request::ContinueHeartRate => {
                self.measures = true;
                Vec::new()
            }
            Request::StopHeartRate => {
                self.measures = false;
                vec![pdu(Response::HeartRateStopped, Vec::new())]
            }
        }
    }

    fn step_log(&self, days_ago: u8, now: &Now<'_>) -> Vec<Pdu> {
        let shown_s = now.clock.shown_ms(now.at_ms).div_euclid(1000);
        let day_start_s = shown_s - shown_s.rem_euclid(DAY_S) - i64::from(days_ago) * DAY_S;
        let Some(log) = self.memory.step_log(day_start_s) else {
            return vec![pdu(Response::StepLog(StepLogPacket::Empty), Vec::new())];
        };
        let packets = log.packets().into_iter().map(|packet| {
            let values = match packet {
                StepLogPacket::Slot { slot, .. } => {
                    vec![about(now, slot.start_s(), Value::now("log_steps", slot.steps))]
                }
                StepLogPacket::Empty | StepLogPacket::Header { .. } => Vec::new(),
            };
            pdu(Response::StepLog(packet), values)
        });
        packets.collect()
    }

    fn heart_rate_log(&self, day_start_s: u32, now: &Now<'_>) -> Vec<Pdu> {
        let Some(log) = self.memory.heart_rate_log(day_start_s) else {
            return vec![pdu(Response::HeartRateLog(HeartRateLogPacket::Empty), Vec::new())];
        };
        let step_s = i64::from(log.interval_minutes()) * 60;
        let values = |first: i64, bpm: &[u8]| {
            let slots = (first..).zip(bpm).filter(|(_, bpm)| **bpm > 0);
            let value = |(slot, bpm): (i64, &u8)| {
                about(now, i64::from(day_start_s) + slot * step_s, Value::now("log_heart_rate", *bpm))
            };
            slots.map(value).collect()
        };
        let packets = log.packets().into_iter().map(|packet| {
            let values = match &packet {
                HeartRateLogPacket::First { bpm, .. } => values(0, bpm),
                HeartRateLogPacket::Next { index, bpm } => {
                    values(IN_FIRST + (i64::from(*index) - 2) * IN_NEXT, bpm)
                }
                HeartRateLogPacket::Empty | HeartRateLogPacket::Header { .. } => Vec::new(),
            };
            pdu(Response::HeartRateLog(packet), values)
        });
        packets.collect()
    }
}

impl Wearable for Ring {
    fn profile(&self) -> Profile {
        let write = Characteristic { uuid: COLMI_WRITE, flags: &[Flag::Write, Flag::WriteWithoutResponse] };
        let notify = Characteristic { uuid: COLMI_NOTIFY, flags: &[Flag::Notify] };
        Profile {
            name: format!("R02_{:04X}", self.number),
            appearance: 0,
            advertised: vec![COLMI_SERVICE],
            services: vec![
                Service { uuid: COLMI_SERVICE, characteristics: vec![write, notify] },
                DeviceInformation::service(),
            ],
        }
    }

    fn tick(&mut self, now: &mut Now<'_>) -> Vec<Pdu> {
        self.memory.tick(now);
        if !self.measures {
            return Vec::new();
        }
        let bpm = now.heart_bpm();
        let kind = if bpm.is_some() { "heart_rate" } else { "no_reading" };
        let bpm = bpm.unwrap_or_default();
        vec![pdu(Response::HeartRate(LiveHeartRate::Bpm(bpm)), vec![Value::now(kind, bpm)])]
    }

    fn read(&mut self, characteristic: Uuid, _: &mut Now<'_>) -> Option<Pdu> {
        self.information.read(characteristic)
    }

    fn write(&mut self, characteristic: Uuid, bytes: &[u8], now: &mut Now<'_>) -> Option<Vec<Pdu>> {
        if characteristic != COLMI_WRITE {
            return None;
        }
        // What is no packet is not answered; what is one that the ring does not know is refused.
        let Ok(packet) = Packet::decode(bytes) else { return Some(Vec::new()) };
        Some(match Request::decode(bytes) {
            Ok(request) => self.answer(request, now),
            Err(_) => vec![pdu(Response::Refused { command: packet.command & 0x7f }, Vec::new())],
        })
    }

    fn restart(&mut self, now: &mut Now<'_>) {
        self.epochs.push(Epoch { from_ms: now.at_ms, cause: EpochCause::Restart });
        self.memory.clear();
        self.measures = false;
    }

    fn epochs(&self) -> &[Epoch] {
        &self.epochs
    }
}

fn pdu(response: Response, values: Vec<Value>) -> Pdu {
    Pdu { characteristic: COLMI_NOTIFY, bytes: response.encode(), values }
}

/// A value about this time on the ring's clock.
fn about(now: &Now<'_>, shown_s: i64, value: Value) -> Value {
    Value { about_ms: Some(now.clock.instant_ms(shown_s * 1000)), ..value }
}
