-- A code that was used leads to its token, which ends when somebody brings the code once more.
ALTER TABLE authorizations ADD COLUMN token_id bigint REFERENCES tokens ON DELETE CASCADE;
CREATE INDEX authorizations_by_token ON authorizations (token_id);
CREATE INDEX authorizations_by_member ON authorizations (member_id);
