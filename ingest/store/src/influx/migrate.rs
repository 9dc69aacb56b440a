use super::error::InfluxError;
use super::server::Server;
use super::{InfluxOptions, InfluxStore};
use crate::StoreError;
use crate::url::InfluxApi;

/// What [`prepare`] is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Preparation {
    /// How long InfluxDB keeps readings, s; 0: for ever.
    pub keep_s: i64,
    /// Whether to make a token (1.x: a user) that may read and write this bucket and nothing else.
    pub make_token: bool,
    /// Say what would be done, and do nothing.
    pub dry_run: bool,
}

/// How the server stands.
#[derive(Clone, PartialEq, Eq)]
pub struct Prepared {
    /// Whether the bucket (1.x: database) was there already.
    pub bucket_was_there: bool,
    /// The token that was made; of 1.x `USER:PASSWORD`.
    pub token: Option<String>,
}

impl std::fmt::Debug for Prepared {
    /// Secrets are not shown.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Prepared").field("bucket_was_there", &self.bucket_was_there).finish_non_exhaustive()
    }
}

/// Makes what the store needs on a server that is there: the bucket or database with its retention, and a token of least
/// rights. Doing it again changes nothing, but makes another token where one is asked for.
///
/// # Errors
/// The server does not answer, or does not let the given token do that.
pub async fn prepare(options: &InfluxOptions, asked: Preparation) -> Result<Prepared, StoreError> {
    let server = Server::new(options.url.clone(), options.token.as_deref())?;
    let bucket_was_there = server.has_bucket().await?;
    if !bucket_was_there && !asked.dry_run {
        server.create(asked.keep_s).await?;
    }
    let token = if !asked.make_token || asked.dry_run {
        None
    } else if options.url.api == InfluxApi::V2 {
        Some(server.create_token().await?)
    } else {
        let mut random = [0; 24];
        (options.random)(&mut random).map_err(InfluxError::Random)?;
        let hex: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        let (name, password) = (format!("foulee_{}", &hex[..8]), &hex[8..]);
        server.create_user(&name, password).await?;
        Some(format!("{name}:{password}"))
    };
    Ok(Prepared { bucket_was_there, token })
}

impl InfluxStore {
    /// Whether the bucket or database is there.
    ///
    /// # Errors
    /// The server does not answer, or does not let us in.
    pub async fn has_bucket(&self) -> Result<bool, StoreError> {
        Ok(self.server.has_bucket().await?)
    }
}
