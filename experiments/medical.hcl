# Topic shift in medicine: trained on what people write in forums and leaflets,
# tested on notes of a clinic and a ward, which say the same things in other words.
# The second model has read unlabelled notes before; the labels are the same.

experiment "medical" {
  description = "Does reading unlabelled clinical notes first help more than the choice of method?"
  seeds       = [1, 2, 3]
}

variable "rows" {
  default     = 2400
  description = "Labelled rows that the generator makes, of all four domains together."
}

model "general" {
  pretrain {
    architecture = "bert"
    layers       = 2
    hidden_size  = 96
    heads        = 2
    vocabulary   = 3000
    steps        = 1200
    batch_size   = 32
    generator "general" {}
  }
}

model "clinical" {
  from = model.general
  pretrain {
    steps      = 600
    batch_size = 32
    generator "medical" {}
  }
}

dataset "notes" {
  task       = "classification"
  metric     = "macro_f1"
  max_length = 48

  generator "medical" {
    rows = var.rows
  }
  input {
    text = "note"
  }
  label = "status"

  shift "topic" {
    by    = "domain"
    train = ["forum", "leaflet"]
    test  = ["clinic", "ward"]
  }
}

method "majority" "majority" {}

method "tfidf" "words" {}

method "probing" "linear" {
  pooling = "mean"
}

method "bitfit" "bitfit" {
  epochs        = 10
  learning_rate = 3e-2
}

method "lora" "lora" {
  rank          = 8
  epochs        = 10
  learning_rate = 5e-3
}

method "fine_tuning" "full" {
  epochs        = 10
  learning_rate = 1e-3
}
