/* Every call sample of the ISCDesk SDK's documentation, as it stands there, in each access path that it uses. What the
 * documentation tells about a call is checked as far as it can be without the ISCDesk desktop program. */
// 使用时需要包含如下头文件
#include "IscdeskApi\Sdk\Include\interface\SdkInvoker.h"
#include "IscdeskApi\Sdk\Include\sdk\IscdeskSdkIdl.h"

#include "inbox.h"

static Inbox inbox;

class Example {
  public:
    void EventRecall(EventType type, const std::string &message) { inbox.put(type, message); }
};

/* 调用示例 of the upgrade pages: two lines that look like declarations, and are. */
static const bool bUpgrade = true;
namespace upgrade_pages {
ResultStatus CheckNewVersions();
ResultStatus UpgradeNotify(bUpgrade);
} // namespace upgrade_pages

/* The functions' pages write `invoker->`; whether that is an object or a pointer, and which strings they take, is open. */
template <class Invoker, class Text>
static void pages(Invoker &invoker, Text devInfo, Text fileName, Text errorMsg, Text saveFilePath, Text filePath) {
    Example example;
    const bool verifyResult = true;
    invoker->RegisterEventRecall(&example, &Example::EventRecall);
    invoker->GetLicenseStringRequest(devInfo);
    /* What an earlier page asked for, a file, may be answered first. */
    while (inbox.wait(EVENT_LICENSE_VERIFY) != SAMPLE) {
    }
    invoker->GetLicenseFileRequest(fileName, devInfo);
    invoker->LicenseVerifyNotify(verifyResult, errorMsg);
    invoker->OpenCloudFile();
    /* 保存单文件 */
    invoker->Save(saveFilePath);
    /* 保存装配体压缩包文件 */
    invoker->Save(saveFilePath, true);
    /*单文件另存 */
    invoker->SelectSaveAsPath(filePath);
    /*装配体压缩包文件另存 */
    invoker->SelectSaveAsPath(filePath, true);
    invoker->GetSolution(filePath);

    EQUAL(invoker->LicenseVerifyNotify(verifyResult, errorMsg), ISC_OK);
    EQUAL(invoker->LicenseVerifyNotify(1, errorMsg), ISC_OK);
    EQUAL(invoker->LicenseVerifyNotify(false, errorMsg), ISC_OK);
    EQUAL(invoker->LicenseVerifyNotify(false, ""), ISC_ERR_INVALID_ARGUMENT);
    EQUAL(invoker->CheckNewVersions(), ISC_ERR_UNSUPPORTED);
    TRUE(invoker->UpgradeNotify(bUpgrade) < 0);
    EQUAL(invoker->OpenCloudFile(), ISC_ERR_UNSUPPORTED);
    EQUAL(invoker->Save(saveFilePath, true), ISC_ERR_UNSUPPORTED);
    EQUAL(invoker->Save(""), ISC_ERR_INVALID_ARGUMENT);
    EQUAL(invoker->SelectSaveAsPath(filePath, true), ISC_ERR_UNSUPPORTED);
    EQUAL(invoker->GetSolution(filePath), ISC_ERR_UNSUPPORTED);
    EQUAL(invoker->UnregisterEventRecall(), ISC_OK); // the example goes
}

/* Parameters that are not needed are passed as an empty value. */
template <class Invoker> static void empty_values(Invoker &invoker) {
    EQUAL(invoker->GetLicenseStringRequest(""), ISC_OK);
    EQUAL(invoker->GetLicenseStringRequest(NULL), ISC_OK);
    EQUAL(invoker->GetLicenseStringRequest(nullptr), ISC_OK);
    EQUAL(invoker->GetLicenseStringRequest({}), ISC_OK);
    EQUAL(invoker->GetLicenseStringRequest(std::string()), ISC_OK);
    invoker->GetLicenseFileRequest("", "");
    invoker->GetLicenseFileRequest(NULL, NULL);
    invoker->GetLicenseFileRequest(std::string(), std::string());
    invoker->GetLicenseFileRequest("license.lic", std::string());
    invoker->GetLicenseFileRequest(std::string("license.lic"), "");
    EQUAL(invoker->LicenseVerifyNotify(true, ""), ISC_OK);
    EQUAL(invoker->LicenseVerifyNotify(true, std::string()), ISC_OK);
    EQUAL(invoker->LicenseVerifyNotify(true, NULL), ISC_OK);
}

template <class Invoker> static void all_kinds_of_strings(Invoker &invoker) {
    const char *const devInfo = "04:7C:16:5E:E3:5D|001B_444A_488B_5CEC.||BFEBFBFF00090672";
    const char *const path = "D:\\图纸\\装配体";
    pages<Invoker, const char *>(invoker, devInfo, "license.lic", "许可证无效", path, path);
    pages<Invoker, std::string>(invoker, devInfo, "license.lic", "许可证无效", path, path);
    pages<Invoker, const std::string &>(invoker, devInfo, "license.lic", "许可证无效", path, path);
    empty_values(invoker);
}

/* The demo's calls, in its order. */
static void demo(SdkInvoker &invoker) {
    Example example;
    invoker.IscdeskFactory()->Init();
    invoker->RegisterEventRecall(&example, &Example::EventRecall);
    EQUAL(invoker->Activate(CODE), ISC_OK);
    EQUAL(invoker->Heartbeat(), ISC_OK_ALREADY);
    EQUAL(invoker->Query(std::string(CODE)), ISC_OK);
    TRUE(isc_is_licensed(invoker->Handle(), CODE));
    /* 用户工业软件调用升级通知接口 */
    ResultStatus resultStatus_8 = invoker.IscdeskFactory()->invoker->UpgradeNotify(bUpgrade);
    TRUE(resultStatus_8 < 0);
    /* 用户工业软件调用打开云端文件接口 */
    ResultStatus resultStatus_9 = invoker.IscdeskFactory()->invoker->OpenCloudFile();
    EQUAL(resultStatus_9, ISC_ERR_UNSUPPORTED);
    EQUAL(invoker->UnregisterEventRecall(), ISC_OK);
}

int main() {
    EQUAL(upgrade_pages::UpgradeNotify, 1);
    SdkInvoker invoker;
    demo(invoker);
    all_kinds_of_strings(invoker);

    SdkInvoker *pointer = &invoker;
    all_kinds_of_strings(pointer);
    auto of_the_factory = invoker.IscdeskFactory()->invoker;
    all_kinds_of_strings(of_the_factory);
    const SdkInvoker constant = invoker;
    all_kinds_of_strings(constant);
    EQUAL(constant.IscdeskFactory()->Init(), ISC_OK_ALREADY);

    invoker->ShutOut();
    EQUAL(pointer->ShutOut(), ISC_OK);
    puts("all samples did");
    return 0;
}
