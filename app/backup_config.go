package app

import "github.com/tenward/tenward/config"

// Backup is the section `backup:`.
type Backup struct {
	Folder  string          `yaml:"folder" doc:"Where they are kept. Relative to the data folder; a folder on another disk, or one that is copied elsewhere, is better."`
	Every   config.Duration `yaml:"every" doc:"How often one is made; 0s makes none."`
	Keep    int             `yaml:"keep" doc:"How many of them are kept."`
	Updates int             `yaml:"updates" doc:"How many are kept of those that are made before an update changes the database."`
}

func (b *Backup) validate(r *config.Report) {
	if b.Folder == "" && !r.At("folder").Failed() {
		r.At("folder").Errorf("write backup: {folder: backups}", "the folder has no name")
	}
	if every := b.Every.Std(); every != 0 && every < backupEvery && !r.At("every").Failed() {
		r.At("every").Errorf("write 24h, or 0s for none", "must be at least %s", config.Duration(backupEvery))
	}
	for _, n := range []struct {
		key   string
		value int
	}{{"keep", b.Keep}, {"updates", b.Updates}} {
		if (n.value < 1 || n.value > 1000) && !r.At(n.key).Failed() {
			r.At(n.key).Errorf("write a number from 1 to 1000", "%d cannot be kept", n.value)
		}
	}
}
