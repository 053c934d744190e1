package stages

import (
	"strings"
	"testing"
)

// TestMeasurementsThatAreNoNumbers: a record that was spoilt is not a measurement of 0.
func TestMeasurementsThatAreNoNumbers(t *testing.T) {
	measured := map[string]string{infoSeconds: "1.25", infoPeak: "many"}
	if v, err := measurement(measured, infoSeconds); v != 1.25 || err != nil {
		t.Errorf("%v, %v; want 1.25", v, err)
	}
	if v, err := measurement(measured, infoRate); v != 0 || err != nil {
		t.Errorf("%v, %v; want 0 where nothing was measured", v, err)
	}
	if _, err := measurement(measured, infoPeak); err == nil || !strings.Contains(err.Error(), `peak_bytes "many" is no number`) {
		t.Errorf("error %v", err)
	}
}
