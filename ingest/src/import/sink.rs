use foulee_contract::{Answer, Batch, ParticipantId};

use super::SinkError;

/// Where an importer's batches go: the store of this process, or a running server.
pub trait Sink {
    /// Hands a batch over; what the answer calls accepted is durable when it returns.
    ///
    /// A batch of which every reading was refused is an [`Answer`] too, not an error.
    ///
    /// # Errors
    /// When nothing can be said about single readings: the import stops.
    fn submit(&mut self, batch: &Batch) -> Result<Answer, SinkError>;
}

/// Who an export's own ids are.
pub trait People {
    /// Finds again or creates the participant of an export's own id.
    ///
    /// # Errors
    /// [`SinkError::NotAdmitted`] for an id that cannot be one: its rows are refused. Any other: the import stops.
    fn participant_of(&mut self, external_id: &str) -> Result<ParticipantId, SinkError>;
}
