/* Header and library fit, and the library is found at run time. */
#include <iscdesk.h>
#include <stdio.h>
#include <string.h>

int main(void) {
    printf("iscdesk %s\n", isc_version());
    return strcmp(isc_version(), ISC_VERSION) == 0 && isc_abi_version() == ISC_ABI_VERSION ? 0 : 1;
}
