package hostile

import (
	"encoding/binary"
	"fmt"
	"strings"
)

func le64(v uint64) []byte { return binary.LittleEndian.AppendUint64(nil, v) }

// Safetensors is a safetensors file: the length before a header, and data behind it.
func Safetensors(header string, data []byte) []byte {
	return append(append(le64(uint64(len(header))), header...), data...)
}

// one is the description of a tensor of one number.
const one = `"dtype":"F32","shape":[1],"data_offsets":[0,4]`

// SafetensorsFiles lists safetensors files that must be refused.
var SafetensorsFiles = []File{
	// the length
	{"empty file", nil, 0, "before the 8-byte"},
	{"seven bytes", make([]byte, 7), 7, "before the 8-byte"},
	{"length 0", le64(0), 0, "too small"},
	{"length 1", append(le64(1), '{'), 0, "too small"},
	{"length 2⁶³", append(le64(1<<63), "{}"...), 0, "above the limit"},
	{"length 2⁶⁴-1", append(le64(1<<64-1), "{}"...), 0, "above the limit"},
	{"length 2⁶³-1", append(le64(1<<63-1), "{}"...), 0, "above the limit"},
	{"length 100,000,001", append(le64(100_000_001), "{}"...), 0, "above the limit"},
	{"length beyond the file", append(le64(3), "{}"...), 0, "beyond the end"},
	{"length without a header", le64(2), 0, "beyond the end"},
	// other formats by another name
	{"zip", []byte("PK\x03\x04\x14\x00\x00\x00\x00\x00"), 0, "zip archive"},
	{"pickle", []byte("\x80\x02ccollections\nOrderedDict\n"), 0, "pickle"},
	{"numpy", []byte("\x93NUMPY\x01\x00v\x00"), 0, "NumPy"},
	{"gguf", []byte("GGUF\x03\x00\x00\x00\x00\x00\x00\x00"), 0, "GGUF"},
	// JSON
	{"not an object", Safetensors(`[]`, nil), 8, "begins with"},
	{"leading space", Safetensors(` {}`, nil), 8, "begins with"},
	{"byte order mark", Safetensors("\ufeff{}", nil), 8, "begins with"},
	{"NUL padding", Safetensors("{}\x00\x00", nil), 10, "nothing more"},
	{"cut object", Safetensors(`{"a"`, nil), 12, `expected ":"`},
	{"cut string", Safetensors(`{"a`, nil), 9, "without an end"},
	{"two values", Safetensors(`{}{}`, nil), 10, "nothing more"},
	{"trailing comma", Safetensors(`{"a":{`+one+`},}`, make([]byte, 4)), -1, "expected a string"},
	{"missing comma", Safetensors(`{"a":{"dtype":"F32" "shape":[1]}}`, nil), 28, `"," or "}"`},
	{"comment", Safetensors(`{/**/}`, nil), 9, "expected a string"},
	{"single quotes", Safetensors(`{'a':1}`, nil), 9, "expected a string"},
	{"unquoted key", Safetensors(`{a:1}`, nil), 9, "expected a string"},
	{"NUL in a string", Safetensors("{\"a\x00\":1}", nil), 11, "control character"},
	{"line break in a string", Safetensors("{\"a\n\":1}", nil), 11, "control character"},
	{"invalid UTF-8", Safetensors("{\"a\xff\":{"+one+"}}", make([]byte, 4)), 11, "UTF-8"},
	{"overlong UTF-8", Safetensors("{\"\xc0\xaf\":{"+one+"}}", make([]byte, 4)), 10, "UTF-8"},
	{"surrogate as UTF-8", Safetensors("{\"\xed\xa0\x80\":{"+one+"}}", make([]byte, 4)), 10, "UTF-8"},
	{"half a surrogate pair", Safetensors(`{"\ud800":{`+one+`}}`, make([]byte, 4)), 10, "surrogate"},
	{"surrogates reversed", Safetensors(`{"\udc00\ud800":{`+one+`}}`, make([]byte, 4)), 10, "surrogate"},
	{"unknown escape", Safetensors(`{"\x41":{`+one+`}}`, make([]byte, 4)), 10, "unknown escape"},
	{"short escape", Safetensors(`{"\u00":{`+one+`}}`, make([]byte, 4)), 10, "hexadecimal"},
	{"depth", Safetensors(`{"a":`+strings.Repeat("[", 100_000)+`}`, nil), 13, "expected an object"},
	{"depth in metadata", Safetensors(`{"__metadata__":`+strings.Repeat(`{"a":`, 100_000), nil), -1, "expected a string"},
	// members
	{"duplicate tensor", Safetensors(`{"a":{`+one+`},"a":{`+one+`}}`, make([]byte, 4)), -1, `duplicate key "a"`},
	{"duplicate by escape", Safetensors(`{"a":{`+one+`},"\u0061":{`+one+`}}`, make([]byte, 4)), -1, `duplicate key "a"`},
	{"duplicate metadata", Safetensors(`{"__metadata__":{},"__metadata__":{}}`, nil), 27, "duplicate key"},
	{"duplicate metadata key", Safetensors(`{"__metadata__":{"a":"","a":""}}`, nil), 32, "duplicate key"},
	{"duplicate member", Safetensors(`{"a":{"dtype":"F32","dtype":"F32"}}`, nil), 28, "duplicate key"},
	{"tensor is null", Safetensors(`{"a":null}`, nil), 13, "expected an object"},
	{"tensor is a list", Safetensors(`{"a":[]}`, nil), 13, "expected an object"},
	{"metadata is null", Safetensors(`{"__metadata__":null}`, nil), 24, "expected an object"},
	{"metadata value is a number", Safetensors(`{"__metadata__":{"a":1}}`, nil), 29, "expected a string"},
	{"metadata value is null", Safetensors(`{"__metadata__":{"a":null}}`, nil), 29, "expected a string"},
	{"DTYPE", Safetensors(`{"a":{"DTYPE":"F32","shape":[1],"data_offsets":[0,4]}}`, make([]byte, 4)), 14, `unknown member "DTYPE"`},
	{"Shape", Safetensors(`{"a":{"dtype":"F32","Shape":[1],"data_offsets":[0,4]}}`, make([]byte, 4)), 28, `unknown member "Shape"`},
	{"unknown member", Safetensors(`{"a":{`+one+`,"x":1}}`, make([]byte, 4)), -1, `unknown member "x"`},
	{"no dtype", Safetensors(`{"a":{"shape":[1],"data_offsets":[0,4]}}`, make([]byte, 4)), 9, "lacks dtype"},
	{"no shape", Safetensors(`{"a":{"dtype":"F32","data_offsets":[0,4]}}`, make([]byte, 4)), 9, "lacks shape"},
	{"no offsets", Safetensors(`{"a":{"dtype":"F32","shape":[1]}}`, make([]byte, 4)), 9, "lacks data_offsets"},
	{"empty tensor object", Safetensors(`{"a":{}}`, nil), 9, "lacks dtype"},
	// types
	{"unknown dtype", Safetensors(`{"a":{"dtype":"F23","shape":[1],"data_offsets":[0,4]}}`, make([]byte, 4)), 22, `unknown dtype "F23"`},
	{"lower-case dtype", Safetensors(`{"a":{"dtype":"f32","shape":[1],"data_offsets":[0,4]}}`, make([]byte, 4)), 22, "unknown dtype"},
	{"empty dtype", Safetensors(`{"a":{"dtype":"","shape":[1],"data_offsets":[0,4]}}`, make([]byte, 4)), 22, "unknown dtype"},
	{"dtype is a number", Safetensors(`{"a":{"dtype":32,"shape":[1],"data_offsets":[0,4]}}`, make([]byte, 4)), 22, "expected a string"},
	{"dtype is null", Safetensors(`{"a":{"dtype":null,"shape":[1],"data_offsets":[0,4]}}`, make([]byte, 4)), 22, "expected a string"},
	{"half a byte", Safetensors(`{"a":{"dtype":"F4","shape":[1],"data_offsets":[0,1]}}`, make([]byte, 1)), 9, "whole bytes"},
	// shapes
	{"negative", shaped("[-1]", 4), -1, "whole number"},
	{"fraction", shaped("[1.0]", 4), -1, "fraction"},
	{"exponent", shaped("[1e0]", 4), -1, "exponent"},
	{"leading zero", shaped("[01]", 4), -1, "leading zero"},
	{"text", shaped(`["1"]`, 4), -1, "whole number"},
	{"null in shape", shaped(`[null]`, 4), -1, "whole number"},
	{"nested", shaped(`[[1]]`, 4), -1, "whole number"},
	{"shape is null", shaped(`null`, 4), -1, "expected shape"},
	{"shape is a number", shaped(`1`, 4), -1, "expected shape"},
	{"2⁶³", shaped("[9223372036854775808]", 4), -1, "above"},
	{"2⁶⁴-1", shaped("[0,18446744073709551615,18446744073709551615]", 0), -1, "above"},
	{"forty digits", shaped("["+strings.Repeat("9", 40)+"]", 4), -1, "above"},
	{"product overflows", shaped("[4294967296,4294967296]", 4), 9, "overflows"},
	{"product wraps to 4 bytes", shaped("[4611686018427387905,4]", 16), 9, "overflows"},
	{"overflow behind a zero", shaped("[0,4611686018427387904,4611686018427387904]", 0), 9, "overflows"},
	{"huge rank", shaped("["+strings.Repeat("1,", 5000)+"1]", 4), -1, "more than 32"},
	{"trailing comma in shape", shaped("[1,]", 4), -1, "whole number"},
	// offsets
	{"no numbers", offset("[]", 4), -1, "holds 0 numbers"},
	{"one number", offset("[0]", 4), -1, "holds 1 numbers"},
	{"three numbers", offset("[0,4,4]", 4), -1, "more than 2"},
	{"reversed", offset("[4,0]", 4), -1, "before it begins"},
	{"out of the file", offset("[4,8]", 4), -1, "ends at 8 of 4"},
	{"far out of the file", offset("[9223372036854775803,9223372036854775807]", 4), -1, "ends at"},
	{"too small for the shape", offset("[0,3]", 4), -1, "needs 4 bytes"},
	{"negative offset", offset("[-4,0]", 4), -1, "whole number"},
	{"hole at the start", offset("[4,8]", 8), 9, "hole"},
	{"bytes at the end", offset("[0,4]", 5), 8 + 54 + 4, "1 bytes follow"},
	{"cut by one byte", offset("[0,4]", 3), -1, "ends at 4 of 3"},
	{"no data", offset("[0,4]", 0), -1, "ends at 4 of 0"},
	{"data without tensors", Safetensors(`{}`, make([]byte, 1)), 10, "1 bytes follow"},
	{"same bytes twice", Two("[0,4]", "[0,4]", 4), -1, "overlaps"},
	{"overlap", Two("[0,4]", "[2,6]", 6), -1, "overlaps"},
	{"hole between", Two("[0,4]", "[5,9]", 9), -1, "hole"},
}

func shaped(shape string, data int) []byte {
	return Safetensors(fmt.Sprintf(`{"a":{"dtype":"F32","shape":%s,"data_offsets":[0,%d]}}`, shape, data), make([]byte, data))
}

func offset(offsets string, data int) []byte {
	return Safetensors(`{"a":{"dtype":"F32","shape":[1],"data_offsets":`+offsets+`}}`, make([]byte, data))
}

// Two is a file of two tensors with their offsets.
func Two(a, b string, data int) []byte {
	const head = `{"dtype":"F32","shape":[1],"data_offsets":`
	return Safetensors(`{"a":`+head+a+`},"b":`+head+b+`}}`, make([]byte, data))
}
