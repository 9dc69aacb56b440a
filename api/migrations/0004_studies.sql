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

-- Append-only: the plan recorded last holds.
CREATE TABLE study_plan (
    id          BIGINT NOT NULL PRIMARY KEY,
    study       BIGINT NOT NULL REFERENCES study (id),
    per_year    BIGINT NOT NULL,
    from_date   TEXT   NOT NULL,
    recorded_ms BIGINT NOT NULL
);
CREATE INDEX study_plan_by_study ON study_plan (study, id);

CREATE TABLE study_group (
    id          BIGINT NOT NULL PRIMARY KEY,
    study       BIGINT NOT NULL REFERENCES study (id),
    name        TEXT   NOT NULL,
    places      BIGINT NOT NULL,
    recorded_ms BIGINT NOT NULL
);
CREATE UNIQUE INDEX study_group_by_name ON study_group (study, name);

CREATE TABLE group_day (
    study_group BIGINT NOT NULL REFERENCES study_group (id),
    day         TEXT   NOT NULL,
    recorded_ms BIGINT NOT NULL,
    PRIMARY KEY (study_group, day)
);

-- Append-only: of one person from one day on, the row recorded last holds; `to_day` is the last day.
CREATE TABLE group_member (
    id          BIGINT NOT NULL PRIMARY KEY,
    study_group BIGINT NOT NULL REFERENCES study_group (id),
    participant TEXT   NOT NULL REFERENCES participant (id),
    from_day    TEXT   NOT NULL,
    to_day      TEXT,
    recorded_ms BIGINT NOT NULL
);
CREATE INDEX group_member_by_group ON group_member (study_group, participant, id);
CREATE INDEX group_member_by_participant ON group_member (participant, id);

-- Append-only: of one person and day, the row recorded last holds.
CREATE TABLE attendance (
    id          BIGINT NOT NULL PRIMARY KEY,
    study_group BIGINT NOT NULL REFERENCES study_group (id),
    participant TEXT   NOT NULL REFERENCES participant (id),
    day         TEXT   NOT NULL,
    state       TEXT   NOT NULL,
    recorded_ms BIGINT NOT NULL
);
CREATE INDEX attendance_by_group ON attendance (study_group, day, participant, id);
CREATE INDEX attendance_by_participant ON attendance (participant, id);

-- How people are allocated. The seed stays here until it is unsealed; what is shown until then is its digest.
CREATE TABLE arm_plan (
    study       BIGINT NOT NULL PRIMARY KEY REFERENCES study (id),
    arms        TEXT   NOT NULL,
    block       BIGINT NOT NULL,
    stratified  BIGINT NOT NULL,
    seed        BLOB   NOT NULL,
    recorded_ms BIGINT NOT NULL,
    unsealed_ms BIGINT
);

-- How many slots of a stratum were given. An erasure gives none back.
CREATE TABLE arm_stratum (
    study   BIGINT NOT NULL REFERENCES study (id),
    stratum TEXT   NOT NULL,
    given   BIGINT NOT NULL,
    PRIMARY KEY (study, stratum)
);

CREATE TABLE allocation (
    id          BIGINT NOT NULL PRIMARY KEY,
    study       BIGINT NOT NULL REFERENCES study (id),
    participant TEXT   NOT NULL REFERENCES participant (id),
    stratum     TEXT   NOT NULL,
    slot        BIGINT NOT NULL,
    arm         TEXT   NOT NULL,
    asked_by    TEXT   NOT NULL,
    recorded_ms BIGINT NOT NULL
);
CREATE UNIQUE INDEX allocation_once ON allocation (study, participant);
CREATE UNIQUE INDEX allocation_slot ON allocation (study, stratum, slot);
CREATE INDEX allocation_by_participant ON allocation (participant);

-- A version never changes.
CREATE TABLE subgroup (
    study       BIGINT NOT NULL REFERENCES study (id),
    name        TEXT   NOT NULL,
    version     BIGINT NOT NULL,
    doc         TEXT   NOT NULL,
    recorded_ms BIGINT NOT NULL,
    PRIMARY KEY (study, name, version)
);
