/* Prints what Init() answers and why. Compiled with and without ISCDESK_CONFIG_KEY. */
#include <compat/SdkInvoker.h>

#include <iostream>

int main() {
    SdkInvoker invoker;
    std::string why;
    const ResultStatus status = invoker.IscdeskFactory()->Init();
    isc::detail::text(why, isc_last_error_message);
    std::cout << status << ' ' << why << '\n';
    return 0;
}
