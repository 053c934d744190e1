# What a soft prompt starts from: random numbers, random words or label words. The
# language-modelling head scores the label words at the mask.

experiment "clauses_prompts" {
  description = "Does a prompt that starts from words do better than one that starts at random?"
  seeds       = [1, 2, 3, 4, 5]
}

variable "steps" {
  default     = 200
  description = "Steps of training, the same for every prompt."
}

method "prompting" "zero_shot" {
  format = format.remark
}

method "prompt_tuning" "random" {
  format = format.remark
  init   = "random"
  steps  = var.steps
  sweep {
    learning_rate = [1e-3, 1e-2, 3e-2]
  }
}

method "prompt_tuning" "vocabulary" {
  format = format.remark
  steps  = var.steps
  sweep {
    learning_rate = [1e-3, 1e-2, 3e-2]
  }
}

method "prompt_tuning" "label_words" {
  format = format.remark
  init   = "label_words"
  steps  = var.steps
  sweep {
    learning_rate = [1e-3, 1e-2, 3e-2]
  }
}
