// As app.c, by the C++ header and beside the mirror of the SDK, both of which have to lie in the package too.
#include <compat/SdkInvoker.h>
#include <iscdesk.hpp>

#include <iostream>

int main(int argc, char **argv) {
    if (argc != 2)
        return 2;
    SdkInvoker invoker; // Nothing is begun: each call answers so.
    if (invoker->Activate("PL-0123456789") != ISC_ERR_INVALID_HANDLE)
        return 1;
    isc::Options options;
    options.set(ISC_OPT_VENDOR, "Example Ltd");
    options.set(ISC_OPT_PRODUCT, "Example CAD");
    options.set(ISC_OPT_VERSION, "1.0");
    options.set(ISC_OPT_DATA_DIR, argv[1]);
    isc::Client client;
    const isc::Result begun = client.init(options);
    if (!begun) {
        std::cerr << begun.detail() << '\n';
        return 1;
    }
    if (client.is_licensed() || client.activate("PL-0123456789").status() != ISC_ERR_UNSUPPORTED)
        return 1;
    if (client.shutdown().status() != ISC_OK)
        return 1;
    std::cout << "iscdesk " << isc_version() << ": not licensed\n";
    return 0;
}
