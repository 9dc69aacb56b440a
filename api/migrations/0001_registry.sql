-- The registry: people, prescriptions, tokens and computed rows.
-- Only BIGINT (times are ms UTC), TEXT and BLOB, so that PostgreSQL can hold it too. A local day is ISO 8601 text.
-- Every table with a `participant` column is emptied by an erasure; a test in registry/erase.rs finds the forgotten one.

-- Numbers are given once and never again, so that the number of something erased names nothing later.
CREATE TABLE counter (
    name        TEXT   NOT NULL PRIMARY KEY,
    last        BIGINT NOT NULL,
    recorded_ms BIGINT NOT NULL
);

CREATE TABLE study (
    id          BIGINT NOT NULL PRIMARY KEY,
    name        TEXT   NOT NULL UNIQUE,
    recorded_ms BIGINT NOT NULL
);

CREATE TABLE participant (
    id                     TEXT   NOT NULL PRIMARY KEY,
    study                  BIGINT REFERENCES study (id),
    external_id            TEXT,
    birth_year             BIGINT,
    birth_year_recorded_ms BIGINT,
    recorded_ms            BIGINT NOT NULL
);
CREATE UNIQUE INDEX participant_external ON participant (study, external_id);
-- Nulls are distinct from each other in a unique index: people without a study need one of their own.
CREATE UNIQUE INDEX participant_external_no_study ON participant (external_id) WHERE study IS NULL;
CREATE INDEX participant_by_study ON participant (study, id);

-- Append-only: the latest recorded row wins.
CREATE TABLE study_zone (
    id          BIGINT NOT NULL PRIMARY KEY,
    study       BIGINT NOT NULL REFERENCES study (id),
    zone        TEXT   NOT NULL,
    recorded_ms BIGINT NOT NULL
);
CREATE INDEX study_zone_by_study ON study_zone (study, id);

-- Append-only: the latest recorded row wins for one `from_ms`.
CREATE TABLE home_zone (
    id          BIGINT NOT NULL PRIMARY KEY,
    participant TEXT   NOT NULL REFERENCES participant (id),
    from_ms     BIGINT NOT NULL,
    zone        TEXT   NOT NULL,
    recorded_ms BIGINT NOT NULL
);
CREATE INDEX home_zone_by_participant ON home_zone (participant, from_ms, id);

-- Append-only: the latest recorded row wins for one source.
CREATE TABLE source_priority (
    id          BIGINT NOT NULL PRIMARY KEY,
    participant TEXT   NOT NULL REFERENCES participant (id),
    source_key  TEXT   NOT NULL,
    priority    BIGINT NOT NULL,
    recorded_ms BIGINT NOT NULL
);
CREATE INDEX source_priority_by_participant ON source_priority (participant, source_key, id);

-- A version never changes.
CREATE TABLE programme (
    name        TEXT   NOT NULL,
    version     BIGINT NOT NULL,
    digest      BLOB   NOT NULL,
    recorded_ms BIGINT NOT NULL,
    doc         TEXT   NOT NULL,
    PRIMARY KEY (name, version)
);

-- Append-only: a later prescription supersedes the ones before it from its start date on.
CREATE TABLE prescription (
    id          BIGINT NOT NULL PRIMARY KEY,
    participant TEXT   NOT NULL REFERENCES participant (id),
    programme   TEXT   NOT NULL,
    version     BIGINT NOT NULL,
    start_date  TEXT   NOT NULL,
    recorded_ms BIGINT NOT NULL,
    FOREIGN KEY (programme, version) REFERENCES programme (name, version)
);
CREATE INDEX prescription_by_participant ON prescription (participant, id);

CREATE TABLE token (
    id           BIGINT NOT NULL PRIMARY KEY,
    scope        TEXT   NOT NULL,
    participant  TEXT   REFERENCES participant (id),
    study        BIGINT REFERENCES study (id),
    label        TEXT   NOT NULL,
    secret_hash  BLOB   NOT NULL,
    recorded_ms  BIGINT NOT NULL,
    expires_ms   BIGINT,
    revoked_ms   BIGINT,
    last_used_ms BIGINT
);
CREATE INDEX token_by_participant ON token (participant);

-- The payload stands last: rows are listed by their digests without reading it.
CREATE TABLE day_row (
    participant  TEXT   NOT NULL REFERENCES participant (id),
    day          TEXT   NOT NULL,
    input_digest BLOB   NOT NULL,
    versions     TEXT   NOT NULL,
    recorded_ms  BIGINT NOT NULL,
    payload      TEXT   NOT NULL,
    PRIMARY KEY (participant, day)
);

CREATE TABLE result_row (
    participant  TEXT   NOT NULL REFERENCES participant (id),
    kind         TEXT   NOT NULL,
    key          TEXT   NOT NULL,
    input_digest BLOB   NOT NULL,
    versions     TEXT   NOT NULL,
    recorded_ms  BIGINT NOT NULL,
    payload      TEXT   NOT NULL,
    PRIMARY KEY (participant, kind, key)
);

-- What depends on many people at once. It outlives an erasure, so it may hold aggregates only, never a pseudonym.
CREATE TABLE snapshot (
    kind        TEXT   NOT NULL,
    version     BIGINT NOT NULL,
    digest      BLOB   NOT NULL,
    recorded_ms BIGINT NOT NULL,
    payload     TEXT   NOT NULL,
    PRIMARY KEY (kind, version)
);

-- What stays of an erased person: nothing that names them.
CREATE TABLE erasure (
    id          BIGINT NOT NULL PRIMARY KEY,
    commitment  BLOB   NOT NULL,
    counts      TEXT   NOT NULL,
    scrubbed    BIGINT NOT NULL,
    recorded_ms BIGINT NOT NULL
);
