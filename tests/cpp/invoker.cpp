/* The life of an SdkInvoker: what the ISCDesk SDK forbids or leaves open. */
#include <compat/SdkInvoker.h>

#include "inbox.h"
#include <thread>

static Inbox inbox;

/* Does what a test says, once, in its event function. */
struct Actor {
    std::function<void()> act;
    void EventRecall(EventType type, const std::string &) {
        std::function<void()> now;
        now.swap(act);
        if (now)
            now();
        inbox.put(type, "");
    }
};

static void start(const SdkInvoker &invoker, Actor &actor, std::function<void()> act) {
    actor.act = act;
    EQUAL(invoker->Init(), ISC_OK);
    EQUAL(invoker->RegisterEventRecall(&actor, &Actor::EventRecall), ISC_OK);
    EQUAL(invoker->GetLicenseStringRequest(""), ISC_OK);
}

/* Every function answers `wanted`. */
static void all_answer(const SdkInvoker &invoker, ResultStatus wanted) {
    Actor actor;
    EQUAL(invoker->RegisterEventRecall(&actor, &Actor::EventRecall), wanted);
    EQUAL(invoker->UnregisterEventRecall(), wanted);
    EQUAL(invoker->GetLicenseStringRequest(""), wanted);
    EQUAL(invoker->GetLicenseFileRequest("", ""), wanted);
    EQUAL(invoker->LicenseVerifyNotify(true, ""), wanted);
    EQUAL(invoker->CheckNewVersions(), wanted);
    EQUAL(invoker->UpgradeNotify(true), wanted);
    EQUAL(invoker->OpenCloudFile(), wanted);
    EQUAL(invoker->Save("part"), wanted);
    EQUAL(invoker->SelectSaveAsPath("part", true), wanted);
    EQUAL(invoker->GetSolution("part"), wanted);
    EQUAL(invoker->Activate(CODE), wanted);
    EQUAL(invoker->Heartbeat(), wanted);
    EQUAL(invoker->Query(CODE), wanted);
}

static void calls_before_init_and_after_shut_out_are_errors() {
    SdkInvoker invoker;
    all_answer(invoker, ISC_ERR_INVALID_HANDLE);
    EQUAL(invoker->ShutOut(), ISC_ERR_INVALID_HANDLE);
    EQUAL(invoker->Init(), ISC_OK);
    EQUAL(invoker->Init(), ISC_OK_ALREADY);
    EQUAL(invoker.IscdeskFactory()->Init(), ISC_OK_ALREADY);
    TRUE(invoker->Handle() != NULL);
    EQUAL(invoker->ShutOut(), ISC_OK);
    TRUE(invoker->Handle() == NULL);
    EQUAL(invoker->ShutOut(), ISC_OK);
    all_answer(invoker, ISC_ERR_CLOSED);
}

static void it_starts_again_after_shut_out() {
    SdkInvoker invoker;
    Actor actor;
    for (int round = 0; round < 3; ++round) {
        start(invoker, actor, nullptr);
        inbox.wait(EVENT_LICENSE_VERIFY);
        EQUAL(invoker->ShutOut(), ISC_OK);
    }
}

static void shut_out_in_the_event_function_neither_hangs_nor_lets_events_through() {
    SdkInvoker invoker;
    Actor actor;
    start(invoker, actor, [&] {
        EQUAL(invoker->ShutOut(), ISC_OK_DEFERRED);
        TRUE(invoker->Handle() != NULL); // only shut down
        all_answer(invoker, ISC_ERR_CLOSED);
        EQUAL(invoker->ShutOut(), ISC_OK_DEFERRED);
    });
    inbox.wait(EVENT_LICENSE_VERIFY);
    EQUAL(invoker->ShutOut(), ISC_OK);
    TRUE(invoker->Handle() == NULL);
    TRUE(inbox.is_empty());
}

static void init_takes_over_what_the_event_function_has_left() {
    SdkInvoker invoker;
    Actor actor;
    start(invoker, actor, [&] { EQUAL(invoker->ShutOut(), ISC_OK_DEFERRED); });
    inbox.wait(EVENT_LICENSE_VERIFY);
    start(invoker, actor, nullptr); // without a ShutOut() from elsewhere
    inbox.wait(EVENT_LICENSE_VERIFY);

    /* All of it in the event function: a new session begins while the old one ends. */
    Actor second;
    EQUAL(invoker->ShutOut(), ISC_OK);
    start(invoker, actor, [&] {
        EQUAL(invoker->ShutOut(), ISC_OK_DEFERRED);
        start(invoker, second, [] { inbox.put(DONE, "second session"); });
    });
    inbox.wait(DONE);
    EQUAL(invoker->ShutOut(), ISC_OK);
    inbox.clear();
}

static void destroyed_in_the_event_function_it_frees_everything_once() {
    std::unique_ptr<SdkInvoker> invoker(new SdkInvoker);
    Actor actor;
    Token held = token(inbox);
    actor.act = [&] {
        invoker.reset(); // the last copy
        inbox.put(DONE, "");
    };
    EQUAL((*invoker)->Init(), ISC_OK);
    EQUAL((*invoker)->RegisterEventRecall(&actor, &Actor::EventRecall, [held](const std::string &) {}), ISC_OK);
    held.reset();
    EQUAL((*invoker)->GetLicenseStringRequest(), ISC_OK);
    inbox.wait(DONE);
    inbox.wait(EVENT_LICENSE_VERIFY);
    inbox.wait(FREED);
    TRUE(invoker == nullptr);
}

static void the_destructor_waits_for_the_event_function() {
    Actor actor;
    bool entered = false, left = false;
    Inbox gate;
    {
        SdkInvoker invoker;
        start(invoker, actor, [&] {
            entered = true;
            gate.put(DONE, "");
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
            left = true;
        });
        gate.wait(DONE);
    }
    TRUE(entered && left);
    inbox.wait(EVENT_LICENSE_VERIFY);
}

static void exceptions_stay_in_the_program() {
    SdkInvoker invoker;
    Actor actor;
    EQUAL(invoker->Init(), ISC_OK);
    const auto told = [](const std::string &what) { inbox.put(THROWN, what); };
    EQUAL(invoker->RegisterEventRecall(&actor, &Actor::EventRecall, told), ISC_OK);
    actor.act = [] { throw std::runtime_error("out of paper"); };
    EQUAL(invoker->GetLicenseStringRequest(), ISC_OK);
    TRUE(inbox.wait(THROWN) == "out of paper");
    actor.act = [] { throw 7; };
    EQUAL(invoker->GetLicenseStringRequest(), ISC_OK);
    TRUE(contains(inbox.wait(THROWN), "no std::exception"));

    /* Without a function to tell: stderr, which the test that runs this reads. */
    EQUAL(invoker->RegisterEventRecall(&actor, &Actor::EventRecall), ISC_OK);
    actor.act = [] { throw std::runtime_error("told to stderr"); };
    EQUAL(invoker->GetLicenseStringRequest(), ISC_OK);
    EQUAL(invoker->GetLicenseStringRequest(), ISC_OK);
    inbox.wait(EVENT_LICENSE_VERIFY);

    /* And what is thrown while telling. */
    const auto worse = [](const std::string &) {
        inbox.put(DONE, "");
        throw std::runtime_error("again");
    };
    EQUAL(invoker->RegisterEventRecall(&actor, &Actor::EventRecall, worse), ISC_OK);
    actor.act = [] { throw 7; };
    EQUAL(invoker->GetLicenseStringRequest(), ISC_OK);
    inbox.wait(DONE);
    EQUAL(invoker->GetLicenseStringRequest(), ISC_OK);
    inbox.wait(EVENT_LICENSE_VERIFY);
    EQUAL(invoker->ShutOut(), ISC_OK);
}

static void copies_share_one_client() {
    SdkInvoker invoker, other;
    Actor actor;
    {
        SdkInvoker copy = invoker;
        start(copy, actor, nullptr);
        TRUE(copy.IscdeskFactory()->invoker == &copy);
        TRUE(invoker.IscdeskFactory()->invoker == &invoker);
    }
    inbox.wait(EVENT_LICENSE_VERIFY); // the copy's end did not end it
    EQUAL(invoker->Init(), ISC_OK_ALREADY);
    EQUAL(other->Heartbeat(), ISC_ERR_INVALID_HANDLE);
    other = invoker;
    TRUE(other->Handle() == invoker->Handle());
    EQUAL(other->ShutOut(), ISC_OK);
    EQUAL(invoker->Heartbeat(), ISC_ERR_CLOSED);
}

static void any_number_of_threads_may_begin_and_end_it() {
    SdkInvoker invoker;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.push_back(std::thread([&invoker] {
            Actor actor;
            for (int round = 0; round < 5; ++round) {
                TRUE(invoker->Init() >= 0);
                invoker->GetLicenseStringRequest("");
                invoker->LicenseVerifyNotify(true, "");
                EQUAL(invoker->ShutOut(), ISC_OK);
            }
        }));
    }
    for (std::thread &thread : threads)
        thread.join();
    TRUE(invoker->Handle() == NULL);
}

int main() {
    calls_before_init_and_after_shut_out_are_errors();
    it_starts_again_after_shut_out();
    shut_out_in_the_event_function_neither_hangs_nor_lets_events_through();
    init_takes_over_what_the_event_function_has_left();
    destroyed_in_the_event_function_it_frees_everything_once();
    the_destructor_waits_for_the_event_function();
    exceptions_stay_in_the_program();
    copies_share_one_client();
    any_number_of_threads_may_begin_and_end_it();
    puts("the invoker did");
    return 0;
}
