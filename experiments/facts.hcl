# Temporal shift: claims about who holds which office, true or false in the year of
# the row, which the text does not say. What was so in the years trained on grows
# false. Claims are asked again, in the test too: it is memory that is measured, and
# the leakage that the report counts is meant. (Without group_by rows of one text stay
# in one split, and no method here is better than chance on claims it was never told.)
# Each cut is a condition: the first shows a model that stays as it is, the later ones
# what training again, or going on from the cut before, would give.

experiment "facts" {
  description = "How fast does what was learned grow old, and is training again worth it?"
  seeds       = [1, 2, 3]
}

variable "rows" {
  default     = 5000
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
    rows = var.rows
  }
  input {
    text = "claim"
  }
  label = "truth"
  split {
    group_by = "id" # every row on its own: a fact that was trained on may be asked again
  }

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
