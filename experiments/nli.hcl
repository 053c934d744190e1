# Format shift: the same pairs of sentences as a pair, a cloze, a question and
# an instruction. The model has only ever seen the cloze, as text that happens
# to ask and answer; what it can do without training, and what training in one
# format is worth in another, is the question. Everything is made here: no
# download.

experiment "nli" {
  description = "Which adaptation survives another format of the same task, and what does asking in the right format save?"
  seeds       = [1, 2, 3]
}

variable "rows" {
  default     = 3000
  description = "Labelled pairs that the generator makes."
}

variable "steps" {
  default     = 3000
  description = "Steps of pretraining. After 1500 asking is right in six rows of ten, after 3000 in eight."
}

model "base" {
  pretrain {
    architecture  = "llama"
    layers        = 2
    hidden_size   = 64
    heads         = 4
    vocabulary    = 1200
    dropout       = 0.0
    steps         = var.steps
    batch_size    = 32
    learning_rate = 3e-3
    generator "general" {
      questions = 0.9 # what asking builds on; with the usual third it takes 8000 steps
    }
  }
}

format "pair" {
  text      = "{premise}"
  text_pair = "{hypothesis}"
}

format "cloze" {
  text = "{premise} ? {mask} , {hypothesis}"
  words = {
    entailment     = ["yes"]
    not_entailment = ["no"]
  }
}

format "question" {
  text = "does it follow from {premise} that {hypothesis} ? {mask}"
  words = {
    entailment     = ["yes"]
    not_entailment = ["no"]
  }
}

format "instruction" {
  text = "{premise} so {hypothesis} ? {mask}"
  words = {
    entailment     = ["yes"]
    not_entailment = ["no"]
  }
}

dataset "nli" {
  max_length = 64

  generator "entailment" {
    rows  = var.rows
    shift = 0 # the words stay as they are: only the format differs
  }
  label = "relation"

  shift "format" {
    train = ["pair", "cloze", "instruction"]
    test  = ["cloze", "question", "instruction"]
  }
}

method "majority" "majority" {}

method "tfidf" "words" {}

method "prompting" "zero_shot" {
  format = format.cloze
}

method "prompting" "calibrated" {
  format    = format.cloze
  calibrate = true
}

method "prompting" "four_shots" {
  format = format.cloze
  shots  = 4
}

method "probing" "linear" {}

method "lora" "lora" {
  targets       = ["all-linear"]
  epochs        = 4
  learning_rate = 5e-3
}

method "fine_tuning" "full" {
  epochs        = 5
  learning_rate = 2e-3
}
