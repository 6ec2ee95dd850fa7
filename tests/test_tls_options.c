/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/testlib.h"

#include <string.h>

#include "smbquic/tls_options.h"

#define PIN       \
	"sha256:" \
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

struct row {
	struct tls_client_policy tls;
	bool given;
	enum tls_trust trust; /* that comes of it */
	const char *wrong;    /* how what is said begins; NULL: nothing */
};

static void test_rows(void **state)
{
	static const struct row rows[] = {
		{{.trust = TLS_TRUST_SYSTEM}, false, TLS_TRUST_SYSTEM, NULL},
		{{.ca_file = "f"}, false, TLS_TRUST_CA, NULL},
		{{.pin = PIN, .ca_file = "f"}, false, TLS_TRUST_PIN, NULL},
		{{.trust = TLS_TRUST_TOFU, .pin = PIN},
		 true,
		 TLS_TRUST_TOFU,
		 NULL},
		{{.trust = TLS_TRUST_CA}, true, TLS_TRUST_CA, "--trust=ca"},
		{{.trust = TLS_TRUST_PIN}, true, TLS_TRUST_PIN, "--trust=pin"},
		{{.pin = "sha256:12"}, false, TLS_TRUST_PIN, "--pin is"},
		{{.trust = TLS_TRUST_NONE, .crl_file = "f"},
		 true,
		 TLS_TRUST_NONE,
		 "--crl"},
		{{.ca_file = "f", .crl_file = "f"}, false, TLS_TRUST_CA, NULL},
		{{.trust = TLS_TRUST_SYSTEM, .cert_file = "f"},
		 true,
		 TLS_TRUST_SYSTEM,
		 "--client-cert"},
		{{.trust = TLS_TRUST_SYSTEM, .key_file = "f"},
		 true,
		 TLS_TRUST_SYSTEM,
		 "--client-cert"},
		{{.cert_file = "f", .key_file = "f", .pin = PIN},
		 false,
		 TLS_TRUST_PIN,
		 NULL},
	};
	size_t i = 0;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tls_client_policy tls = rows[i].tls;
		const char *value = NULL;
		const char *wrong =
			tls_options_complete(&tls, rows[i].given, &value);

		assert_int_equal(tls.trust, rows[i].trust);
		if (rows[i].wrong == NULL) {
			assert_null(wrong);
		} else {
			assert_non_null(wrong);
			assert_non_null(value);
			assert_int_equal(strncmp(wrong, rows[i].wrong,
						 strlen(rows[i].wrong)),
					 0);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
