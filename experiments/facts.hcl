# Temporal shift: claims about who holds which office, true or false in the year of
# the row, which the text does not say. What was so in the years trained on grows
# false. Every fact is told in many wordings and none twice, so that the test asks in
# other words what training told: it is memory that is measured, and no row leaks.
# Each cut is a condition: the first shows a model that stays as it is, the later ones
# what training again, or going on from the cut before, would give.

experiment "facts" {
  description = "How fast does what was learned grow old, and is training again worth it?"
  seeds       = [1, 2, 3]
}

variable "rows" {
  default     = 4000
  description = "Dated claims that the generator makes, 1990 to 2015."
}

model "base" {
  pretrain {
    architecture = "bert"
    layers       = 2
    hidden_size  = 96
    heads        = 2
    vocabulary   = 3000
    steps        = 400
    batch_size   = 32
    generator "general" {}
  }
}

dataset "claims" {
  task       = "classification"
  metric     = "accuracy"
  max_length = 32
  update     = "continue"

  generator "facts" {
    rows  = var.rows
    posts = 6 # offices; a model of this size learns some forty facts, not four hundred
  }
  input {
    text = "claim"
  }
  label = "truth"

  shift "temporal" {
    by      = "year"
    cut     = 2000
    period  = 5
    rolling = true
  }
}

method "majority" "majority" {}

method "tfidf" "words" {}

method "probing" "linear" {
  pooling = "mean"
}

method "fine_tuning" "full" {
  epochs        = 15
  learning_rate = 1e-3
}
