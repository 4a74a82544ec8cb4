/*
 * The types of the ISCDesk SDK over iscdesk.h: what functions answer and what events there are. See SdkInvoker.h.
 *
 * The names that the SDK's documentation spells are spelled as there, EVENT_UNKONW too. It leaves all numbers open, and the
 * names of some events: both are iscdesk's, and they go with programs that are compiled against this file.
 */
#ifndef ISCDESK_SDK_IDL_H
#define ISCDESK_SDK_IDL_H
/** \file
 *  What the functions of the ISCDesk SDK answer, and its events. */

#ifdef __has_include
#if __has_include("../iscdesk.h")
#include "../iscdesk.h"
#else
#include <iscdesk.h>
#endif
#else
#include <iscdesk.h>
#endif

/** What a function answers: ISC_OK (0), a success that says more (positive) or ISC_ERR_... (negative). */
typedef isc_status ResultStatus;

/** Which event. A newer library may raise others: take them for EVENT_UNKONW. */
enum EventType : int32_t {
    EVENT_UNKONW = ISC_EVENT_UNKNOWN,                 /**< Unknown; never raised by this version. */
    EVENT_LICENSE_VERIFY = ISC_EVENT_LICENSE_VERIFY,  /**< Answer to a licence request. */
    EVENT_UPGRADENOTICE = ISC_EVENT_UPGRADE_NOTICE,   /**< Answer to CheckNewVersions(). */
    EVENT_UPDATE = ISC_EVENT_UPDATE,                  /**< A new version exists. */
    EVENT_OPENCLOUDFILE_RESULT = ISC_EVENT_OPEN_CLOUD_FILE_RESULT, /**< Never raised: needs the ISCDesk desktop program. */
    EVENT_SAVE_RESULT = ISC_EVENT_SAVE_RESULT,        /**< Never raised, as before. */
    EVENT_UPLOAD_END = ISC_EVENT_UPLOAD_END,          /**< Never raised, as before. */

    /* Documented events whose names are not. */
    EVENT_HEARTBEAT = ISC_EVENT_HEARTBEAT,            /**< A check was made. */
    EVENT_UPLOAD_BEGIN = ISC_EVENT_UPLOAD_BEGIN,      /**< Never raised, as before. */
    EVENT_CLIENT_CLOSED = ISC_EVENT_CLIENT_CLOSED,    /**< Never raised: no other program is needed that could close. */

    /* Events that the SDK does not have. */
    EVENT_LICENSE_CHANGED = ISC_EVENT_LICENSE_CHANGED,    /**< A verdict changed after Init(). */
    EVENT_LICENSE_EXPIRING = ISC_EVENT_LICENSE_EXPIRING,  /**< 30, 7 or 1 day left, once a day. */
    EVENT_UPGRADE_PROGRESS = ISC_EVENT_UPGRADE_PROGRESS   /**< How far an upgrade is. */
};

#endif /* ISCDESK_SDK_IDL_H */
