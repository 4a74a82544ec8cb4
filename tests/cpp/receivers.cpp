/* The documentation does not tell how an event function is declared, so whatever is plausible is taken. */
#include <compat/SdkInvoker.h>

#include "inbox.h"

static Inbox inbox;
/* A program's own type that can be made of UTF-8, as QString. */
struct Text {
    std::string inside;
    explicit Text(const char *utf8) : inside(utf8) {}
};
enum class Kind { verify = EVENT_LICENSE_VERIFY };

struct Base {
    virtual ~Base() {}
    void inherited(EventType type, const std::string &message) { inbox.put(type, message); }
    virtual void overridden(EventType, const std::string &) { inbox.put(-1, "the base's was called"); }
};

struct Example : Base {
    void enum_ref(EventType type, const std::string &message) { inbox.put(type, message); }
    void enum_value(EventType type, std::string message) { inbox.put(type, message); }
    void enum_pointer(EventType type, const char *message) { inbox.put(type, message); }
    void int_ref(int type, const std::string &message) { inbox.put(type, message); }
    void int_value(int type, std::string message) { inbox.put(type, message); }
    void int_pointer(int type, const char *message) { inbox.put(type, message); }
    void const_enum_ref(EventType type, const std::string &message) const { inbox.put(type, message); }
    void const_enum_value(EventType type, std::string message) const { inbox.put(type, message); }
    void const_enum_pointer(EventType type, const char *message) const { inbox.put(type, message); }
    void const_int_ref(int type, const std::string &message) const { inbox.put(type, message); }
    void const_int_value(int type, std::string message) const { inbox.put(type, message); }
    void const_int_pointer(int type, const char *message) const { inbox.put(type, message); }

    bool answers_bool(EventType type, const std::string &message) { return inbox.put(type, message), true; }
    std::string answers_text(int type, const char *message) const { return inbox.put(type, message), message; }
    ResultStatus answers_status(const EventType &type, std::string &message) { return inbox.put(type, message), ISC_OK; }
    void constant_parameters(const EventType type, const std::string message) { inbox.put(type, message); }
    void moved(unsigned type, std::string &&message) noexcept { inbox.put(static_cast<int>(type), message); }
    void own_types(Kind type, const Text &message) { inbox.put(static_cast<int>(type), message.inside); }
    void overridden(EventType type, const std::string &message) override { inbox.put(type, message); }
};

template <class Object, class Function> static void check(const SdkInvoker &invoker, Object *object, Function function) {
    EQUAL(invoker->RegisterEventRecall(object, function), ISC_OK);
    EQUAL(invoker->GetLicenseStringRequest(""), ISC_OK);
    TRUE(inbox.wait(EVENT_LICENSE_VERIFY) == SAMPLE);
}

int main() {
    SdkInvoker invoker;
    EQUAL(invoker.IscdeskFactory()->Init(), ISC_OK);
    TRUE(invoker->Activate(CODE) >= 0);
    Example example;
    check(invoker, &example, &Example::enum_ref);
    check(invoker, &example, &Example::enum_value);
    check(invoker, &example, &Example::enum_pointer);
    check(invoker, &example, &Example::int_ref);
    check(invoker, &example, &Example::int_value);
    check(invoker, &example, &Example::int_pointer);
    check(invoker, &example, &Example::const_enum_ref);
    check(invoker, &example, &Example::const_enum_value);
    check(invoker, &example, &Example::const_enum_pointer);
    check(invoker, &example, &Example::const_int_ref);
    check(invoker, &example, &Example::const_int_value);
    check(invoker, &example, &Example::const_int_pointer);
    check(invoker, &example, &Example::answers_bool);
    check(invoker, &example, &Example::answers_text);
    check(invoker, &example, &Example::answers_status);
    check(invoker, &example, &Example::constant_parameters);
    check(invoker, &example, &Example::moved);
    check(invoker, &example, &Example::own_types);
    check(invoker, &example, &Example::inherited);
    check(invoker, &example, &Base::overridden);

    const Example constant = example;
    check(invoker, &constant, &Example::const_enum_ref);
    std::unique_ptr<Base> base(new Example);
    check(invoker, base.get(), &Base::overridden);

    /* Nothing to call: refused, and the earlier one stays. */
    void (Example::*none)(EventType, const std::string &) = nullptr;
    EQUAL(invoker->RegisterEventRecall(&example, none), ISC_ERR_INVALID_ARGUMENT);
    EQUAL(invoker->RegisterEventRecall(static_cast<Example *>(nullptr), &Example::enum_ref), ISC_ERR_INVALID_ARGUMENT);
    EQUAL(invoker->GetLicenseStringRequest(), ISC_OK);
    TRUE(inbox.wait(EVENT_LICENSE_VERIFY) == SAMPLE);
    EQUAL(invoker->ShutOut(), ISC_OK);
    return 0;
}
