-- What people say, what follows from it for their safety, and what is known of their lives. Append-only throughout.

-- A report's id is made by who sends it, and is unique within its participant alone. `number` is the order of arrival.
CREATE TABLE report (
    participant  TEXT   NOT NULL REFERENCES participant (id),
    id           TEXT   NOT NULL,
    number       BIGINT NOT NULL,
    question     TEXT   NOT NULL,
    state        TEXT   NOT NULL,
    effective_ms BIGINT NOT NULL,
    corrects     TEXT,
    origin       TEXT   NOT NULL,
    recorded_ms  BIGINT NOT NULL,
    answer       TEXT,
    PRIMARY KEY (participant, id)
);
CREATE INDEX report_by_number ON report (participant, number);

-- `raised`: a red flag as it acts. `cleared`: who lifted what had been raised before it.
CREATE TABLE safety_event (
    id           BIGINT NOT NULL PRIMARY KEY,
    participant  TEXT   NOT NULL REFERENCES participant (id),
    event        TEXT   NOT NULL,
    tier         TEXT,
    code         TEXT,
    clearer      TEXT,
    report       TEXT,
    effective_ms BIGINT NOT NULL,
    recorded_ms  BIGINT NOT NULL
);
CREATE INDEX safety_event_by_participant ON safety_event (participant, id);

-- A code on paper by which a general practitioner lifts a stop, once. A hash.
CREATE TABLE clearing_code (
    id          BIGINT NOT NULL PRIMARY KEY,
    participant TEXT   NOT NULL REFERENCES participant (id),
    code_hash   BLOB   NOT NULL UNIQUE,
    recorded_ms BIGINT NOT NULL,
    expires_ms  BIGINT NOT NULL,
    used_ms     BIGINT
);
CREATE INDEX clearing_code_by_participant ON clearing_code (participant);

-- One row an answer; the last recorded among those in effect holds.
CREATE TABLE context (
    id           BIGINT NOT NULL PRIMARY KEY,
    participant  TEXT   NOT NULL REFERENCES participant (id),
    item         TEXT   NOT NULL,
    state        TEXT   NOT NULL,
    effective_ms BIGINT NOT NULL,
    origin       TEXT   NOT NULL,
    recorded_ms  BIGINT NOT NULL,
    value        TEXT
);
CREATE INDEX context_by_participant ON context (participant, item, id);
