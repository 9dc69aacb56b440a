//! The ring's messages drawn at random: they come back, and no bytes make the protocol panic.

use foulee_gatt::battery::BatteryLevel;
use foulee_gatt::civil::DateTime;
use foulee_gatt::colmi::{
    Assembly, HeartRateLog, HeartRateLogAssembler, HeartRateLogPacket, Language, LiveHeartRate, Packet,
    Request, Response, RingTime, StepLog, StepLogAssembler, StepLogPacket, StepSlot,
};
use proptest::collection::vec;
use proptest::prelude::*;

/// 2000-01-01 to 2099-12-31.
fn ring_time() -> impl Strategy<Value = DateTime> {
    (946_684_800_i64..4_102_444_800).prop_map(|wall_s| DateTime::from_wall_s(wall_s).expect("in range"))
}

fn request() -> impl Strategy<Value = Request> {
    let language = prop::sample::select(vec![Language::Chinese, Language::English]);
    prop_oneof![
        (ring_time(), language).prop_map(|(at, language)| Request::SetTime {
            time: RingTime::new(at).expect("in range"),
            language
        }),
        any::<u32>().prop_map(|day_start_s| Request::HeartRateLog { day_start_s }),
        any::<u8>().prop_map(|days_ago| Request::StepLog { days_ago }),
        prop::sample::select(vec![
            Request::Battery,
            Request::StartHeartRate,
            Request::ContinueHeartRate,
            Request::StopHeartRate,
        ]),
    ]
}

fn slot() -> impl Strategy<Value = StepSlot> {
    (ring_time(), 0..96_u8, any::<[u16; 3]>()).prop_map(|(at, quarter, [energy, steps, distance_m])| {
        StepSlot { year: at.year, month: at.month, day: at.day, quarter, energy, steps, distance_m }
    })
}

fn heart_rate_packet() -> impl Strategy<Value = HeartRateLogPacket> {
    prop_oneof![
        Just(HeartRateLogPacket::Empty),
        (2..=u8::MAX, 1..=u8::MAX)
            .prop_map(|(packets, interval_minutes)| HeartRateLogPacket::Header { packets, interval_minutes }),
        any::<(u32, [u8; 9])>().prop_map(|(start_s, bpm)| HeartRateLogPacket::First { start_s, bpm }),
        (2..=254_u8, any::<[u8; 13]>()).prop_map(|(index, bpm)| HeartRateLogPacket::Next { index, bpm }),
    ]
}

fn step_packet() -> impl Strategy<Value = StepLogPacket> {
    prop_oneof![
        Just(StepLogPacket::Empty),
        any::<(u8, bool)>()
            .prop_map(|(slots, energy_in_tens)| StepLogPacket::Header { slots, energy_in_tens }),
        (0..255_u8, slot()).prop_map(|(index, slot)| StepLogPacket::Slot { index, slots: index + 1, slot }),
    ]
}

fn response() -> impl Strategy<Value = Response> {
    prop_oneof![
        any::<[u8; 14]>().prop_map(Response::TimeSet),
        (0..=100_u8, any::<bool>()).prop_map(|(percent, charging)| Response::Battery {
            level: BatteryLevel::new(percent).expect("a level"),
            charging
        }),
        heart_rate_packet().prop_map(Response::HeartRateLog),
        step_packet().prop_map(Response::StepLog),
        any::<u8>().prop_map(|bpm| Response::HeartRate(LiveHeartRate::Bpm(bpm))),
        (1..=u8::MAX)
            .prop_map(|code| Response::HeartRate(LiveHeartRate::Failed(code.try_into().expect("not 0")))),
        Just(Response::HeartRateStopped),
        (0..128_u8).prop_map(|command| Response::Refused { command }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn messages_come_back(request in request(), response in response()) {
        prop_assert_eq!(Request::decode(&request.encode()), Ok(request));
        prop_assert_eq!(Response::decode(&response.encode()), Ok(response));
        prop_assert_eq!(request.encode().len(), 16);
        prop_assert_eq!(response.encode().len(), 16);
    }

    #[test]
    fn any_payload_settles(
        command in prop_oneof![prop::sample::select(vec![0x01, 0x03, 0x15, 0x43, 0x69, 0x6a]), any::<u8>()],
        payload: [u8; 14],
    ) {
        let packet = Packet { command, payload };
        prop_assert_eq!(Packet::decode(&packet.encode()), Ok(packet));
        if let Ok(value) = Request::decode(&packet.encode()) {
            prop_assert_eq!(Request::decode(&value.encode()), Ok(value));
        }
        if let Ok(value) = Response::decode(&packet.encode()) {
            prop_assert_eq!(Response::decode(&value.encode()), Ok(value));
        }
    }

    #[test]
    fn any_bytes_are_no_panic(bytes in vec(any::<u8>(), 0..24)) {
        let _ = (Packet::decode(&bytes), Request::decode(&bytes), Response::decode(&bytes));
    }

    #[test]
    fn any_packets_are_no_panic(
        heart_rate in vec(heart_rate_packet(), 0..20),
        steps in vec(step_packet(), 0..20),
    ) {
        let (mut hearts, mut walks) = (HeartRateLogAssembler::new(), StepLogAssembler::new());
        for packet in &heart_rate {
            let _ = hearts.push(packet);
        }
        for packet in &steps {
            let _ = walks.push(packet);
        }
    }

    #[test]
    fn logs_come_back(start_s: u32, bpm in vec(any::<u8>(), 288), slots in vec(slot(), 1..=255), tens: bool) {
        let log = HeartRateLog::new(start_s, 5, bpm).expect("a day");
        let mut assembler = HeartRateLogAssembler::new();
        let last = log.packets().iter().map(|packet| assembler.push(packet)).last();
        prop_assert_eq!(last, Some(Ok(Assembly::Finished(log))));
        let log = StepLog::new(tens, slots).expect("a day");
        let mut assembler = StepLogAssembler::new();
        let last = log.packets().iter().map(|packet| assembler.push(packet)).last();
        prop_assert_eq!(last, Some(Ok(Assembly::Finished(log))));
    }
}
