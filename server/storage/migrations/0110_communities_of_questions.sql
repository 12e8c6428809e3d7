-- In some communities elsewhere every thread is a question, though no thread says so (PieFed).
ALTER TABLE communities ADD COLUMN asks_questions boolean NOT NULL DEFAULT false;
