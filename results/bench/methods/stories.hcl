# Two real data sets and a real pretrained model: 260,032 parameters of the Llama
# family that have read children's stories only. Read together with one of
# stories_rates.hcl and stories_table.hcl. The data lie beside the repository;
# another place is -var data=FOLDER.

variable "data" {
  default     = "../../../../shared/data"
  description = "Folder of the real data."
}

locals {
  emotion = "${var.data}/tweeteval-emotion"
}

model "stories" {
  path = "${var.data}/weights-stories260k/derived-hf"
}

dataset "emotion" {
  metric     = "macro_f1"
  max_length = 64
  files {
    train = "${local.emotion}/train_text.txt"
    dev   = "${local.emotion}/val_text.txt"
    test  = "${local.emotion}/test_text.txt"
    parallel "emotion" {
      train = "${local.emotion}/train_labels.txt"
      dev   = "${local.emotion}/val_labels.txt"
      test  = "${local.emotion}/test_labels.txt"
    }
  }
  label  = "emotion"
  labels = { "0" = "anger", "1" = "joy", "2" = "optimism", "3" = "sadness" }
}

dataset "trec" {
  max_length = 64
  files {
    train    = "${var.data}/trec-qc/qc/train.txt"
    test     = "${var.data}/trec-qc/qc/test.txt"
    format   = "txt"
    encoding = "latin-1"
    pattern  = "^(?P<coarse>[A-Z]+):(?P<fine>\\w+) (?P<text>.*)$"
  }
  label = "coarse"
}

format "emotion" {
  text = "{text} I felt {mask}"
  words = {
    anger    = ["angry"]
    joy      = ["happy"]
    optimism = ["hope"]
    sadness  = ["sad"]
  }
}

format "kind" {
  text = "{text} It is a {mask}"
  words = {
    ABBR = ["name"]
    DESC = ["story"]
    ENTY = ["thing"]
    HUM  = ["girl"]
    LOC  = ["park"]
    NUM  = ["one"]
  }
}
