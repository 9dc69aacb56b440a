//! Colmi ring: no bytes panic, and what decodes comes back from its own bytes. The bytes are cut into packets whose
//! checksum is made to fit, so that more than the checksum is looked at.
#![no_main]

use foulee_gatt::colmi::{HeartRateLogAssembler, Packet, Request, Response, StepLogAssembler};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = (Request::decode(bytes), Response::decode(bytes));
    let (mut heart_rates, mut steps) = (HeartRateLogAssembler::new(), StepLogAssembler::new());
    for chunk in bytes.as_chunks::<15>().0 {
        let [command, payload @ ..] = *chunk;
        let bytes = Packet { command, payload }.encode();
        if let Ok(value) = Request::decode(&bytes) {
            assert_eq!(Request::decode(&value.encode()), Ok(value));
        }
        let Ok(value) = Response::decode(&bytes) else { continue };
        assert_eq!(Response::decode(&value.encode()), Ok(value));
        match value {
            Response::HeartRateLog(packet) => drop(heart_rates.push(&packet)),
            Response::StepLog(packet) => drop(steps.push(&packet)),
            _ => (),
        }
    }
});
