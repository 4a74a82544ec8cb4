/* isc::Options, isc::Client and isc::Result. */
#include <iscdesk.hpp>

#include "inbox.h"
#include <thread>
#include <type_traits>

static Inbox inbox;

static_assert(!std::is_copy_constructible<isc::Client>::value && !std::is_copy_assignable<isc::Client>::value, "");
static_assert(!std::is_copy_constructible<isc::Options>::value && !std::is_copy_assignable<isc::Options>::value, "");
static_assert(std::is_nothrow_move_constructible<isc::Client>::value, "");
static_assert(std::is_nothrow_move_assignable<isc::Client>::value, "");
static_assert(!std::is_convertible<isc::Result, int>::value, "only explicitly");

static isc::Options options(const char *delivery) {
    isc::Options made;
    TRUE(made.load());
    TRUE(made.set(ISC_OPT_DELIVERY, delivery));
    return made;
}

static isc::Client client(const char *delivery = "thread") {
    isc::Client made;
    EQUAL(made.init(options(delivery)).status(), ISC_OK);
    return made;
}

static void results_tell_what_went_wrong() {
    isc::Client none;
    isc::Result result = none.activate(CODE);
    TRUE(!result && !result.ok());
    EQUAL(result.status(), ISC_ERR_INVALID_HANDLE);
    TRUE(result.message() == isc_status_message(ISC_ERR_INVALID_HANDLE));
    TRUE(!result.detail().empty() && contains(result.json(), "\"status\":-4"));
    TRUE(isc::Result().ok() && isc::Result().detail().empty());
    TRUE(isc::Result(ISC_OK_DEFERRED) && isc::Result(ISC_OK_DEFERRED).detail().empty());

    /* Longer than any buffer that it begins with. */
    const std::string path = "/" + std::string(400, 'x') + ".json";
    isc::Options wrong;
    isc::Result missing = wrong.load(path);
    EQUAL(missing.status(), ISC_ERR_CONFIG);
    TRUE(contains(missing.detail(), path));
    isc::Result unmade = none.init(wrong);
    EQUAL(unmade.status(), ISC_ERR_CONFIG);
    TRUE(unmade.detail() == missing.detail());
    EQUAL(wrong.set(ISC_OPT_VENDOR, "x").status(), ISC_ERR_INVALID_HANDLE);
    EQUAL(wrong.load_signed("x", "").status(), ISC_ERR_INVALID_ARGUMENT);
    TRUE(isc::version() == isc_version());
}

static void options_take_numbers_and_texts() {
    isc::Options made;
    TRUE(made.set(ISC_OPT_OFFLINE_DAYS, 0) && made.set(ISC_OPT_VENDOR, "Example") && made.set(ISC_OPT_PRODUCT, std::string("P")));
    EQUAL(made.set(ISC_OPT_VENDOR, 1).status(), ISC_ERR_INVALID_ARGUMENT);
    EQUAL(made.set_log(9, [](int, const std::string &) {}).status(), ISC_ERR_INVALID_ARGUMENT);
    isc::Options moved(std::move(made));
    EQUAL(made.set(ISC_OPT_VENDOR, "x").status(), ISC_ERR_INVALID_HANDLE); // NOLINT: moved from
    TRUE(moved.set(ISC_OPT_VENDOR, "x"));
    made = std::move(moved);
    TRUE(made.set(ISC_OPT_VENDOR, "x"));
}

static void licences() {
    isc::Client c = client();
    std::vector<std::string> codes(1, "earlier");
    TRUE(c.list_licenses(codes) && codes.empty());
    isc::LicenseInfo info;
    EQUAL(c.license_info(info).status(), ISC_ERR_NOT_ACTIVATED);
    EQUAL(info.status, ISC_LICENSE_NONE);
    EQUAL(info.amount, -1);
    TRUE(!c.is_licensed() && !c.has_feature("P1"));

    EQUAL(c.activate_many({CODE}).status(), ISC_OK);
    EQUAL(c.activate(CODE).status(), ISC_OK_ALREADY);
    EQUAL(c.activate_many({}).status(), ISC_ERR_INVALID_ARGUMENT);
    EQUAL(c.activate("PL-NONE").status(), ISC_ERR_UNKNOWN_LICENSE);
    EQUAL(c.heartbeat().status(), ISC_OK_ALREADY);
    EQUAL(c.heartbeat(CODE).status(), ISC_OK_ALREADY);
    TRUE(c.query() && c.query(CODE) && c.report_user(CODE, "u") && c.report_active(CODE, 3));
    TRUE(c.is_licensed() && c.is_licensed(CODE) && c.is_licensed(std::string(CODE)) && !c.is_licensed("other"));
    TRUE(c.has_feature("P1") && c.has_feature(std::string("P1")) && !c.has_feature("P2"));

    TRUE(c.license_info(CODE, info) && c.license_info(info));
    EQUAL(info.status, ISC_LICENSE_ALIVE);
    EQUAL(info.source, ISC_SOURCE_MARKETPLACE);
    EQUAL(info.amount, 3);
    TRUE(info.licensed && info.license == CODE && info.product_id == "P1");
    TRUE(info.checked_at > 0 && info.offline_until > info.checked_at);
    TRUE(c.list_licenses(codes) && codes == std::vector<std::string>(1, CODE));
    std::string json;
    TRUE(c.license_json(json) && contains(json, CODE) && c.license_json(CODE, json));
    EQUAL(c.license_json("other", json).status(), ISC_ERR_NOT_ACTIVATED);
    TRUE(json.empty());

    TRUE(c.shutdown() && c.is_licensed() && c.license_info(info)); // the last facts
    EQUAL(c.heartbeat().status(), ISC_ERR_CLOSED);
    TRUE(c.init(options("thread")) && c.is_licensed()); // the same object again
    TRUE(c.forget(CODE) && !c.is_licensed());
    EQUAL(c.forget(CODE).status(), ISC_ERR_NOT_ACTIVATED);
    TRUE(c.activate(CODE));
}

static void odd_codes_are_listed_as_they_are() {
    const char *const json = "[\"a\\\"b\\\\c\", \"\\u0001\\n/\", \"\xe6\x8e\x88\", \"\"]";
    const std::vector<std::string> wanted = {"a\"b\\c", "\x01\n/", "\xe6\x8e\x88", ""};
    TRUE(isc::detail::strings(json) == wanted);
    TRUE(isc::detail::strings("[]").empty() && isc::detail::strings("").empty());
}

static void handlers_live_until_their_last_call() {
    isc::Client c = client();
    Token first = token(inbox);
    TRUE(c.on_event([first](int type, const std::string &message) { inbox.put(type, message); }));
    first.reset();
    TRUE(c.request_license_string());
    TRUE(inbox.wait(ISC_EVENT_LICENSE_VERIFY) == SAMPLE);
    TRUE(c.notify_license_verified(true));
    EQUAL(c.notify_license_verified(false).status(), ISC_ERR_INVALID_ARGUMENT);

    /* Refused: given back at once. */
    Token refused = token(inbox);
    EQUAL(c.on_event(isc::EventHandler(), [refused](const std::string &) {}).status(), ISC_ERR_INVALID_ARGUMENT);
    refused.reset();
    inbox.wait(FREED);

    /* Replaced inside itself: still there until it returns. */
    TRUE(c.on_event([&c](int, const std::string &) {
        Token inside = token(inbox);
        const auto keep = [inside](int type, const std::string &message) { inbox.put(type, message); };
        EQUAL(c.on_event(keep).status(), ISC_OK_DEFERRED);
        inbox.put(DONE, "");
    }));
    inbox.wait(FREED);
    TRUE(c.request_license_string());
    inbox.wait(DONE);
    TRUE(c.unregister());
    inbox.wait(FREED);
    TRUE(c.request_license_string()); // waits for a handler
    TRUE(c.on_event([](int type, const std::string &message) { inbox.put(type, message); }));
    inbox.wait(ISC_EVENT_LICENSE_VERIFY);
}

static void exceptions_are_told_to_the_log_or_to_who_wants_them() {
    isc::Options with_log;
    const auto log = [](int level, const std::string &message) {
        if (contains(message, "left the event handler"))
            inbox.put(THROWN, std::to_string(level) + message);
        throw 1; // contained as well
    };
    TRUE(with_log.set_log(ISC_LOG_TRACE, log) && with_log.load());
    isc::Client c;
    TRUE(c.init(with_log));
    TRUE(c.on_event([](int, const std::string &) { throw std::runtime_error("oops"); }));
    TRUE(c.request_license_string());
    TRUE(contains(inbox.wait(THROWN), "1an exception left the event handler: oops"));
    TRUE(c.on_event([](int, const std::string &) { throw 1; }, [](const std::string &what) { inbox.put(THROWN, what); }));
    TRUE(c.request_license_string());
    TRUE(contains(inbox.wait(THROWN), "no std::exception"));
}

/* It goes when another client comes or goes, as soon as the library can call it no more. */
static void wait_for_what_could_not_be_waited_for() {
    for (int tries = 0; inbox.is_empty() && tries < 30000; ++tries) {
        isc::Client();
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    inbox.wait(FREED);
}

static void a_window_polls() {
    isc::Client c = client("poll");
    isc::Client *const polled = &c;
    Token wake = token(inbox);
    TRUE(c.set_wakeup([wake] { inbox.put(DONE, ""); }));
    wake.reset();
    uint32_t delivered = 7;
    TRUE(c.poll(0, &delivered) && delivered == 0);
    TRUE(c.on_event([polled](int type, const std::string &message) {
        EQUAL(polled->poll().status(), ISC_ERR_REENTRANT);
        inbox.put(type, message);
    }));
    TRUE(c.request_license_string());
    inbox.wait(DONE);
    TRUE(c.poll(0, &delivered) && delivered == 1);
    TRUE(inbox.wait(ISC_EVENT_LICENSE_VERIFY) == SAMPLE);
    TRUE(c.set_wakeup(isc::WakeupHandler()));
    TRUE(c.request_license_string() && c.poll(20000, &delivered) && delivered == 1);
    inbox.wait(ISC_EVENT_LICENSE_VERIFY);

    isc::Client moved(std::move(c));
    TRUE(!c && moved); // NOLINT: moved from
    TRUE(moved.request_license_string());
    TRUE(moved.on_event([&moved](int, const std::string &) { moved = isc::Client(); }));
    EQUAL(moved.poll(20000).status(), ISC_ERR_CLOSED); // ended inside its own handler
    TRUE(!moved);
    wait_for_what_could_not_be_waited_for();
    EQUAL(isc::Client().set_wakeup([] {}).status(), ISC_ERR_INVALID_HANDLE);
}

/* The handler's own memory and the log's outlive it, and nothing is lost. */
static void destroyed_in_its_own_handler() {
    for (int with_log = 0; with_log < 2; ++with_log) {
        isc::Options made = options("thread");
        Token handler = token(inbox);
        if (with_log != 0) {
            Token log = token(inbox);
            TRUE(made.set_log(ISC_LOG_TRACE, [log](int, const std::string &) {}));
        }
        std::unique_ptr<isc::Client> c(new isc::Client);
        TRUE(c->init(made));
        TRUE(c->on_event([&c, handler](int, const std::string &) {
            Token stays = handler;
            c.reset();
            inbox.put(DONE, "");
        }));
        handler.reset();
        made = isc::Options();
        TRUE(c->request_license_string());
        inbox.wait(DONE);
        inbox.wait(FREED); // one with the registration
        if (with_log != 0)
            wait_for_what_could_not_be_waited_for();
    }
}

static void the_rest_reaches_the_library() {
    isc::Client c = client();
    std::string text;
    TRUE(isc::device_fingerprint(text) && contains(text, "|"));
    EQUAL(isc::install_report("", 1).status(), ISC_ERR_INVALID_ARGUMENT);
    EQUAL(isc::diagnose(options("thread"), text).status() != ISC_ERR_INVALID_HANDLE, 1);
    EQUAL(c.check_new_versions().status(), ISC_ERR_UNSUPPORTED);
    TRUE(!c.upgrade_notify(true));
    TRUE(c.set(ISC_OPT_ACCOUNT_ID, "user"));
    EQUAL(c.set(ISC_OPT_VENDOR, "x").status(), ISC_ERR_INVALID_ARGUMENT);
    c.request_license_file("license.lic");
    c.license_request(text);
    TRUE(!c.license_return("none", text) && text.empty());
}

int main() {
    results_tell_what_went_wrong();
    options_take_numbers_and_texts();
    licences();
    odd_codes_are_listed_as_they_are();
    handlers_live_until_their_last_call();
    exceptions_are_told_to_the_log_or_to_who_wants_them();
    a_window_polls();
    destroyed_in_its_own_handler();
    the_rest_reaches_the_library();
    puts("the client did");
    return 0;
}
