//! The ring's protocol: recordings published with colmi_r02_client (MIT, Wesley Ellis), both sides of every message,
//! and what is refused.

use foulee_gatt::GattError;
use foulee_gatt::battery::BatteryLevel;
use foulee_gatt::civil::DateTime;
use foulee_gatt::colmi::{
    Assembly, HeartRateLog, HeartRateLogAssembler, HeartRateLogPacket, Language, LiveHeartRate, Packet,
    Request, Response, RingTime, StepLog, StepLogAssembler, StepLogPacket, StepSlot,
};

/// 16 bytes: those given, zeros, and the sum given.
fn packet(start: &[u8], sum: u8) -> Vec<u8> {
    let mut bytes = start.to_vec();
    bytes.resize(15, 0);
    bytes.push(sum);
    bytes
}

fn request(request: Request, bytes: &[u8]) {
    assert_eq!(request.encode(), bytes);
    assert_eq!(Request::decode(bytes), Ok(request));
}

fn response(response: Response, bytes: &[u8]) {
    assert_eq!(response.encode(), bytes);
    assert_eq!(Response::decode(bytes), Ok(response));
}

#[test]
fn requests() {
    let at = DateTime { year: 2024, month: 10, day: 31, hour: 18, minute: 14, second: 9 };
    let time = RingTime::new(at).unwrap();
    let set = Request::SetTime { time, language: Language::English };
    request(set, &packet(&[0x01, 0x24, 0x10, 0x31, 0x18, 0x14, 0x09, 0x01], 0x9c));
    assert_eq!(RingTime::from_unix_ms(1_730_398_449_999, 0), Ok(time));
    assert_eq!(RingTime::from_unix_ms(1_730_394_849_000, 60), Ok(time));
    assert!(RingTime::from_unix_ms(946_684_799_999, 0).is_err());
    request(Request::Battery, &packet(&[0x03], 0x03));
    request(
        Request::HeartRateLog { day_start_s: 1_723_248_000 },
        &packet(&[0x15, 0x80, 0xad, 0xb6, 0x66], 0x5e),
    );
    request(Request::StepLog { days_ago: 2 }, &packet(&[0x43, 0x02, 0x0f, 0x00, 0x5f, 0x01], 0xb4));
    request(Request::StartHeartRate, &packet(&[0x69, 0x01, 0x01], 0x6b));
    request(Request::ContinueHeartRate, &packet(&[0x69, 0x01, 0x03], 0x6d));
    request(Request::StopHeartRate, &packet(&[0x6a, 0x01], 0x6b));
    // What an older client starts with.
    assert_eq!(Request::decode(&packet(&[0x69, 0x01], 0x6a)), Ok(Request::StartHeartRate));
}

#[test]
fn short_responses() {
    let level = BatteryLevel::new(64).unwrap();
    response(Response::Battery { level, charging: false }, &packet(&[0x03, 0x40], 0x43));
    response(Response::Battery { level, charging: true }, &packet(&[0x03, 0x40, 0x01], 0x44));
    response(Response::HeartRate(LiveHeartRate::Bpm(81)), &packet(&[0x69, 1, 0, 81], 0xbb));
    let failed = LiveHeartRate::Failed(1.try_into().unwrap());
    response(Response::HeartRate(failed), &packet(&[0x69, 1, 1], 0x6b));
    response(Response::HeartRateStopped, &packet(&[0x6a, 1], 0x6b));
    response(Response::Refused { command: 0x15 }, &packet(&[0x95], 0x95));
    let mut abilities = [0; 14];
    abilities[3] = 0x02;
    response(Response::TimeSet(abilities), &packet(&[0x01, 0, 0, 0, 0x02], 0x03));
    response(Response::HeartRateLog(HeartRateLogPacket::Empty), &packet(&[0x15, 0xff], 0x14));
    response(Response::StepLog(StepLogPacket::Empty), &packet(&[0x43, 0xff], 0x42));
}

/// 10 August 2024 as the ring sent it: 24 packets, six heart rates.
fn recorded_heart_rates() -> Vec<Vec<u8>> {
    let mut packets: Vec<_> = (0..24).map(|index| packet(&[0x15, index], 0x15 + index)).collect();
    packets[0] = packet(&[0x15, 0x00, 0x18, 0x05], 0x32);
    packets[1] = packet(&[0x15, 0x01, 0x80, 0xad, 0xb6, 0x66], 0x5f);
    packets[15] = packet(&[0x15, 0x0f, 0, 0, 0x59], 0x7d);
    packets[16] = packet(&[0x15, 0x10, 0, 0x6b], 0x90);
    packets[17] = packet(&[0x15, 0x11, 0x60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x6b], 0xf1);
    packets[19] = packet(&[0x15, 0x13, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x50], 0x78);
    packets[20] = packet(&[0x15, 0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x46], 0x6f);
    packets
}

fn heart_rate_packet(bytes: &[u8]) -> HeartRateLogPacket {
    match Response::decode(bytes) {
        Ok(Response::HeartRateLog(packet)) => packet,
        other => panic!("{other:?}"),
    }
}

fn join(assembler: &mut HeartRateLogAssembler, packets: &[HeartRateLogPacket]) -> HeartRateLog {
    let (last, before) = packets.split_last().expect("packets");
    for packet in before {
        assert_eq!(assembler.push(packet), Ok(Assembly::Unfinished));
    }
    match assembler.push(last) {
        Ok(Assembly::Finished(log)) => log,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_recorded_heart_rate_log() {
    let bytes = recorded_heart_rates();
    let packets: Vec<_> = bytes.iter().map(|bytes| heart_rate_packet(bytes)).collect();
    let log = join(&mut HeartRateLogAssembler::new(), &packets);
    assert_eq!((log.start_s(), log.interval_minutes(), log.bpm().len()), (1_723_248_000, 5, 288));
    let readings: Vec<_> = log.readings().map(|(at_s, bpm)| ((at_s - 1_723_248_000) / 300, bpm)).collect();
    assert_eq!(readings, [(180, 89), (192, 107), (204, 96), (216, 107), (240, 80), (252, 70)]);
    // The simulator's way: the same log gives the same bytes.
    let again: Vec<_> =
        log.packets().into_iter().map(|packet| Response::HeartRateLog(packet).encode()).collect();
    assert_eq!(again, bytes);
}

#[test]
fn heart_rate_logs_of_other_lengths() {
    for (interval, count) in [(5, 288), (5, 9), (5, 10), (5, 22), (1, 1440), (10, 144), (255, 5)] {
        let bpm: Vec<u8> = (0..count).map(|slot| (slot % 200) as u8).collect();
        let log = HeartRateLog::new(86_400, interval, bpm.clone()).unwrap();
        let joined = join(&mut HeartRateLogAssembler::new(), &log.packets());
        assert_eq!((joined.start_s(), joined.interval_minutes()), (86_400, interval));
        assert!(joined.bpm().starts_with(&bpm) && joined.bpm()[bpm.len()..].iter().all(|bpm| *bpm == 0));
    }
    assert!(HeartRateLog::new(0, 5, vec![60; 289]).is_err());
    assert!(HeartRateLog::new(0, 5, Vec::new()).is_err());
    assert!(HeartRateLog::new(0, 0, vec![60]).is_err());
}

#[test]
fn heart_rate_packets_out_of_turn() {
    let packets: Vec<_> = recorded_heart_rates().iter().map(|bytes| heart_rate_packet(bytes)).collect();
    let mut assembler = HeartRateLogAssembler::new();
    assert_eq!(assembler.push(&HeartRateLogPacket::Empty), Ok(Assembly::Empty));
    assert_eq!(assembler.push(&packets[1]), Err(GattError::LogNotStarted { index: 1 }));
    for missing in 1..24 {
        for packet in &packets[..missing] {
            assert_eq!(assembler.push(packet), Ok(Assembly::Unfinished));
        }
        let (expected, after) = (missing as u8, missing + 1);
        if let Some(packet) = packets.get(after) {
            let error = GattError::LogOutOfOrder { expected, got: after as u8 };
            assert_eq!(assembler.push(packet), Err(error));
            assert_eq!(assembler.push(packet), Err(GattError::LogNotStarted { index: after as u8 }));
        }
    }
    // A packet twice.
    for packet in &packets[..5] {
        assert_eq!(assembler.push(packet), Ok(Assembly::Unfinished));
    }
    assert_eq!(assembler.push(&packets[4]), Err(GattError::LogOutOfOrder { expected: 5, got: 4 }));
    // A log cut short does not spoil the next.
    assert_eq!(assembler.push(&packets[0]), Ok(Assembly::Unfinished));
    assert_eq!(join(&mut assembler, &packets).readings().count(), 6);
}

fn slot(quarter: u8, energy: u16, steps: u16, distance_m: u16) -> StepSlot {
    StepSlot { year: 2023, month: 8, day: 13, quarter, energy, steps, distance_m }
}

/// 13 August 2023 as the ring sent it.
fn recorded_steps() -> Vec<Vec<u8>> {
    vec![
        packet(&[0x43, 0xf0, 0x05, 0x01], 0x39),
        packet(&[0x43, 0x23, 0x08, 0x13, 0x10, 0, 5, 0xc8, 0x00, 0x30, 0x00, 0x1b, 0x00], 0xa9),
        packet(&[0x43, 0x23, 0x08, 0x13, 0x14, 1, 5, 0xb6, 0x18, 0xaa, 0x04, 0x69, 0x03], 0x83),
        packet(&[0x43, 0x23, 0x08, 0x13, 0x18, 2, 5, 0x38, 0x04, 0xe1, 0x00, 0x95, 0x00], 0x52),
        packet(&[0x43, 0x23, 0x08, 0x13, 0x1c, 3, 5, 0x05, 0x02, 0x6c, 0x00, 0x48, 0x00], 0x60),
        packet(&[0x43, 0x23, 0x08, 0x13, 0x4c, 4, 5, 0xef, 0x01, 0x63, 0x00, 0x44, 0x00], 0x6d),
    ]
}

fn step_packet(bytes: &[u8]) -> StepLogPacket {
    match Response::decode(bytes) {
        Ok(Response::StepLog(packet)) => packet,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_recorded_step_log() {
    let bytes = recorded_steps();
    let mut assembler = StepLogAssembler::new();
    for packet in &bytes[..5] {
        assert_eq!(assembler.push(&step_packet(packet)), Ok(Assembly::Unfinished));
    }
    let Ok(Assembly::Finished(log)) = assembler.push(&step_packet(&bytes[5])) else { panic!("unfinished") };
    let expected = [
        slot(16, 200, 48, 27),
        slot(20, 6326, 1194, 873),
        slot(24, 1080, 225, 149),
        slot(28, 517, 108, 72),
        slot(76, 495, 99, 68),
    ];
    assert_eq!(log.slots(), expected);
    assert_eq!(log.energy_cal(&expected[1]), 63_260);
    assert_eq!(expected[0].start_s(), 1_691_899_200); // 2023-08-13 04:00
    let again: Vec<_> = log.packets().into_iter().map(|packet| Response::StepLog(packet).encode()).collect();
    assert_eq!(again, bytes);
    assert_eq!(StepLog::new(true, expected.to_vec()), Ok(log));
}

#[test]
fn step_packets_out_of_turn() {
    let packets: Vec<_> = recorded_steps().iter().map(|bytes| step_packet(bytes)).collect();
    let mut assembler = StepLogAssembler::new();
    assert_eq!(assembler.push(&StepLogPacket::Empty), Ok(Assembly::Empty));
    let none = StepLogPacket::Header { slots: 0, energy_in_tens: true };
    assert_eq!(assembler.push(&none), Ok(Assembly::Empty));
    assert_eq!(assembler.push(&packets[1]), Err(GattError::LogNotStarted { index: 0 }));
    assert_eq!(assembler.push(&packets[0]), Ok(Assembly::Unfinished));
    assert_eq!(assembler.push(&packets[2]), Err(GattError::LogOutOfOrder { expected: 0, got: 1 }));
    assert_eq!(assembler.push(&packets[2]), Err(GattError::LogNotStarted { index: 1 }));
    // A log cut short, then another: one slot.
    assert_eq!(assembler.push(&packets[0]), Ok(Assembly::Unfinished));
    assert_eq!(assembler.push(&packets[1]), Ok(Assembly::Unfinished));
    let other = [
        packet(&[0x43, 0xf0, 0x01, 0x01], 0x35),
        packet(&[0x43, 0x24, 0x10, 0x15, 0x5c, 0, 1, 0x79, 0, 0x15, 0, 0x10], 0x87),
    ];
    assert_eq!(assembler.push(&step_packet(&other[0])), Ok(Assembly::Unfinished));
    let Ok(Assembly::Finished(log)) = assembler.push(&step_packet(&other[1])) else { panic!("unfinished") };
    let only =
        StepSlot { year: 2024, month: 10, day: 15, quarter: 92, energy: 121, steps: 21, distance_m: 16 };
    assert_eq!((log.slots(), log.energy_cal(&only)), (&[only][..], 1210));
    let full = vec![only; 255];
    let log = StepLog::new(false, full.clone()).unwrap();
    let mut last = Ok(Assembly::Unfinished);
    for packet in log.packets() {
        assert_eq!(last, Ok(Assembly::Unfinished));
        last = assembler.push(&packet);
    }
    assert_eq!(last, Ok(Assembly::Finished(log)));
    assert!(StepLog::new(false, [full, vec![only]].concat()).is_err());
    assert!(StepLog::new(false, Vec::new()).is_err());
}

#[test]
fn every_damaged_bit_is_refused() {
    let mut packets = recorded_heart_rates();
    packets.extend(recorded_steps());
    packets.push(Request::Battery.encode());
    packets.push(Request::StepLog { days_ago: 1 }.encode());
    for packet in packets {
        for bit in 0..128 {
            let mut damaged = packet.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(matches!(Packet::decode(&damaged), Err(GattError::Checksum { .. })));
            assert!(matches!(Response::decode(&damaged), Err(GattError::Checksum { .. })));
            assert!(matches!(Request::decode(&damaged), Err(GattError::Checksum { .. })));
        }
        for length in (0..=24).filter(|length| *length != 16) {
            let mut bytes = packet.clone();
            bytes.resize(length, 0);
            assert!(matches!(Packet::decode(&bytes), Err(GattError::WrongLength { .. })));
        }
    }
}

#[test]
fn what_has_no_meaning_is_named() {
    let decode = |start: &[u8]| {
        let mut payload = [0; 14];
        payload[..start.len() - 1].copy_from_slice(&start[1..]);
        let bytes = Packet { command: start[0], payload }.encode();
        (Request::decode(&bytes).err(), Response::decode(&bytes).err())
    };
    let no_meaning = |field, value| Some(GattError::NoMeaning { field, value });
    assert_eq!(decode(&[0x50]), (no_meaning("command", 0x50), no_meaning("command", 0x50)));
    assert_eq!(decode(&[0x69, 3, 1]), (no_meaning("measure", 3), no_meaning("measure", 3)));
    assert_eq!(decode(&[0x69, 1, 4]).0, no_meaning("action", 4));
    assert_eq!(decode(&[0x01, 0x24, 0x10, 0x31, 0, 0, 0, 2]).0, no_meaning("language", 2));
    let no_date = Some(GattError::NotDecimal { field: "month", value: 0x1a });
    assert_eq!(decode(&[0x01, 0x24, 0x1a, 0x31]).0, no_date);
    assert_eq!(decode(&[0x43, 0x24, 0x1a, 0x15, 0, 0, 1]).1, no_date);
    let out = |field, value, min, max| Some(GattError::OutOfRange { field, value, min, max });
    assert_eq!(decode(&[0x01, 0x23, 0x02, 0x29]).0, out("day", 29, 1, 28));
    assert_eq!(decode(&[0x43, 0x24, 0x10, 0x15, 96, 0, 1]).1, out("quarter hour", 96, 0, 95));
    assert_eq!(decode(&[0x43, 0x24, 0x10, 0x15, 0, 3, 3]).1, out("slots", 3, 4, 255));
    assert_eq!(decode(&[0x15, 0, 1, 5]).1, out("packets", 1, 2, 255));
    assert_eq!(decode(&[0x15, 0, 24, 0]).1, out("interval", 0, 1, 255));
    assert_eq!(decode(&[0x03, 101]).1, out("battery level", 101, 0, 100));
}
