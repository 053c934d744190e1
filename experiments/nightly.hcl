# A small experiment to run every night, unattended: has anything got worse?
#
# nightly.sh runs it, compares it with the last good night, gates and publishes. By
# cron, from the repository's folder; it ends with status 6 if a gated score fell:
#
#   15 3 * * *  cd /srv/runexp && PUBLISH=/srv/www/nightly sh experiments/nightly.sh
#
# nightly.yml is the same as a workflow. Keep .runexp and results between nights: an
# unchanged experiment then costs a second, and there is something to compare with.

experiment "nightly" {
  description = "Did anything get worse since the last night?"
  seeds       = [1, 2, 3]
}

variable "rows" {
  default = 1500
}

model "base" {
  pretrain {
    layers        = 2
    hidden_size   = 64
    heads         = 2
    steps         = 600
    batch_size    = 64
    learning_rate = 3e-3
    generator "general" {}
  }
}

dataset "clauses" {
  task       = "classification"
  metric     = "macro_f1"
  max_length = 64
  generator "clauses" {
    rows = var.rows
  }
  label = "kind"
  shift "topic" {
    by    = "domain"
    train = ["news", "web"]
    test  = ["contracts", "statutes"]
  }
}

method "tfidf" "words" {}

method "fine_tuning" "full" {
  epochs        = 6
  learning_rate = 1e-3
}

method "lora" "lora" {
  targets       = ["all-linear"]
  epochs        = 8
  learning_rate = 1e-2
}

gate {
  metric = "macro_f1"
  margin = 0.01
  alpha  = 0.05

  stored_bytes = 1.1 # times those of the last good night
}
