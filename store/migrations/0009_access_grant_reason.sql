-- Why a role was given, in the words of whoever gave it; empty where nothing was said.
ALTER TABLE access_grant ADD COLUMN reason TEXT NOT NULL DEFAULT '';
