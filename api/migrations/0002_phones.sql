-- Phones that send what they recorded, and the one-time codes by which they are let in. Secrets are hashes.

CREATE TABLE enrolment (
    id          BIGINT NOT NULL PRIMARY KEY,
    participant TEXT   NOT NULL REFERENCES participant (id),
    code_hash   BLOB   NOT NULL UNIQUE,
    recorded_ms BIGINT NOT NULL,
    expires_ms  BIGINT NOT NULL,
    redeemed_ms BIGINT
);
CREATE INDEX enrolment_by_participant ON enrolment (participant);

-- The access token before the last one holds to its end, too: a phone may refresh twice at once.
CREATE TABLE phone (
    id                 BIGINT NOT NULL PRIMARY KEY,
    participant        TEXT   NOT NULL REFERENCES participant (id),
    refresh_hash       BLOB   NOT NULL,
    access_hash        BLOB   NOT NULL,
    access_expires_ms  BIGINT NOT NULL,
    earlier_hash       BLOB,
    earlier_expires_ms BIGINT,
    recorded_ms        BIGINT NOT NULL,
    refreshed_ms       BIGINT NOT NULL,
    revoked_ms         BIGINT
);
CREATE INDEX phone_by_participant ON phone (participant);
