-- What people agree to, who looked at their data, and the studies that they are in: groups, attendance, arms, plans.

-- Append-only: of one purpose, the row that took effect last holds, and of those the one recorded last.
CREATE TABLE consent (
    id           BIGINT NOT NULL PRIMARY KEY,
    participant  TEXT   NOT NULL REFERENCES participant (id),
    purpose      TEXT   NOT NULL,
    state        TEXT   NOT NULL,
    effective_ms BIGINT NOT NULL,
    recorded_ms  BIGINT NOT NULL
);
CREATE INDEX consent_by_participant ON consent (participant, purpose, effective_ms, id);

-- Append-only. `token` names none: it is gone when its own participant is erased, and what it did to others stays.
CREATE TABLE audit (
    id          BIGINT NOT NULL PRIMARY KEY,
    participant TEXT   NOT NULL REFERENCES participant (id),
    token       BIGINT,
    role        TEXT   NOT NULL,
    act         TEXT   NOT NULL,
    route       TEXT   NOT NULL,
    status      BIGINT,
    recorded_ms BIGINT NOT NULL
);
CREATE INDEX audit_by_participant ON audit (participant, id);
