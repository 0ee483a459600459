package goldgate.lib.image_test

import data.goldgate.lib.image

test_patterns_stop_at_slashes if {
	image.matches_any(["docker.io/library/*"], "docker.io/library/nginx")
	not image.matches_any(["docker.io/library/*"], "docker.io/library/evil/nginx")
	image.matches_any(["docker.io/**"], "docker.io/library/evil/nginx")
	not image.matches_any([], "docker.io/library/nginx")
}

test_days_are_counted if {
	image.days_between("2026-11-01T00:00:00Z", "2026-11-08T12:00:00.000Z") == 7.5
}

test_reasons_are_named_once if {
	rejected := [
		{"kind": "signature", "reason": "SUBJECT_MISMATCH"},
		{"kind": "signature", "reason": "ISSUER_MISMATCH"},
		{"kind": "unknown", "reason": "ISSUER_MISMATCH"},
		{"kind": "attestation", "reason": "DIGEST_MISMATCH"},
	]
	image.reasons({"rejected": rejected}, "signature") == "ISSUER_MISMATCH, SUBJECT_MISMATCH"
}

test_settings_come_with_defaults if {
	is_number(image.setting("max_image_age_days"))
	is_array(image.setting("builders"))
}
