// iscdesk from C#:  Activate iscdesk.json [CODE]
//     .NET, or mcs Activate.cs; iscdesk.dll (libiscdesk.so) lies beside the program.
// Every function of iscdesk.h is declared in the same way: handles are IntPtr, size_t is UIntPtr, all integers as in C.
using System;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading;

static class Isc
{
    public const int OptOfflineDays = 40, OptDelivery = 50;
    public const int EventLicenseChanged = 3;
    public const uint TimeoutDefault = 5000;

    // The C convention has to be said: a 32-bit Windows would take another one.
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    public delegate void EventCallback(int type, [MarshalAs(UnmanagedType.LPUTF8Str)] string message, IntPtr userData);

    [StructLayout(LayoutKind.Sequential)]
    public struct LicenseInfo // isc_license_info, 256 bytes
    {
        public uint StructSize;
        public int Status, Licensed, Source;
        public long ExpiresAt, CheckedAt, OfflineUntil, ActivatedAt, Amount;
        [MarshalAs(UnmanagedType.ByValArray, SizeConst = 65)] public byte[] License;
        [MarshalAs(UnmanagedType.ByValArray, SizeConst = 129)] public byte[] ProductId;
        [MarshalAs(UnmanagedType.ByValArray, SizeConst = 6)] public byte[] Reserved;
    }

    const string Library = "iscdesk";
    const CallingConvention C = CallingConvention.Cdecl;
    const UnmanagedType Utf8 = UnmanagedType.LPUTF8Str;

    [DllImport(Library, CallingConvention = C)] public static extern int isc_options_load([MarshalAs(Utf8)] string path, out IntPtr options);
    [DllImport(Library, CallingConvention = C)] public static extern int isc_options_set_string(IntPtr options, int key, [MarshalAs(Utf8)] string value);
    [DllImport(Library, CallingConvention = C)] public static extern int isc_options_set_int(IntPtr options, int key, long value);
    [DllImport(Library, CallingConvention = C)] public static extern void isc_options_free(IntPtr options);
    [DllImport(Library, CallingConvention = C)] public static extern int isc_init(IntPtr options, out IntPtr client);
    [DllImport(Library, CallingConvention = C)] public static extern int isc_register_event_callback(IntPtr client, EventCallback callback, IntPtr userData, IntPtr userDataFree);
    [DllImport(Library, CallingConvention = C)] public static extern int isc_activate(IntPtr client, [MarshalAs(Utf8)] string license);
    [DllImport(Library, CallingConvention = C)] public static extern int isc_is_licensed(IntPtr client, [MarshalAs(Utf8)] string license);
    [DllImport(Library, CallingConvention = C)] public static extern int isc_get_license_info(IntPtr client, [MarshalAs(Utf8)] string license, ref LicenseInfo info);
    [DllImport(Library, CallingConvention = C)] public static extern int isc_last_error_message(byte[] buffer, UIntPtr capacity, out UIntPtr length);
    [DllImport(Library, CallingConvention = C)] public static extern int isc_shutdown(IntPtr client, uint timeoutMs);
    [DllImport(Library, CallingConvention = C)] public static extern void isc_release(IntPtr client);

    public static string LastError()
    {
        var buffer = new byte[512];
        isc_last_error_message(buffer, (UIntPtr)buffer.Length, out _); // cut at a character where it is longer
        return Text(buffer);
    }

    public static string Text(byte[] bytes)
    {
        int end = Array.IndexOf(bytes, (byte)0);
        return Encoding.UTF8.GetString(bytes, 0, end < 0 ? bytes.Length : end);
    }
}

static class Activate
{
    static readonly ManualResetEvent changed = new ManualResetEvent(false);

    // The library holds a bare pointer to it: what no field keeps alive would be collected, and the next event crash.
    static readonly Isc.EventCallback onEvent = OnEvent;

    // Runs on a thread of the library; no exception may leave it. A program with windows sets the option delivery to
    // "poll" instead and calls isc_poll_events on its own thread.
    static void OnEvent(int type, string message, IntPtr userData)
    {
        Console.WriteLine("event {0}: {1}", type, message);
        if (type == Isc.EventLicenseChanged) changed.Set();
    }

    static int Main(string[] args)
    {
        IntPtr options, client = IntPtr.Zero;
        bool ready = Isc.isc_options_load(args.Length > 0 ? args[0] : null, out options) >= 0
            && Isc.isc_options_set_int(options, Isc.OptOfflineDays, 10) >= 0
            && Isc.isc_options_set_string(options, Isc.OptDelivery, "thread") >= 0
            && Isc.isc_init(options, out client) >= 0
            && Isc.isc_register_event_callback(client, onEvent, IntPtr.Zero, IntPtr.Zero) >= 0;
        if (!ready) Console.Error.WriteLine("cannot start: {0}", Isc.LastError());
        Isc.isc_options_free(options);
        bool licensed = ready && Run(client, args.Length > 1 ? args[1] : "");
        if (client != IntPtr.Zero) Isc.isc_shutdown(client, Isc.TimeoutDefault);
        Isc.isc_release(client);
        return ready ? (licensed ? 0 : 1) : 2;
    }

    static bool Run(IntPtr client, string code)
    {
        if (Isc.isc_is_licensed(client, null) == 0)
        {
            if (Isc.isc_activate(client, code) < 0) Console.Error.WriteLine(Isc.LastError()); // waits for the marketplace
            else changed.WaitOne(5000); // only so that this short program still shows the event
        }
        var info = new Isc.LicenseInfo { StructSize = (uint)Marshal.SizeOf(typeof(Isc.LicenseInfo)) };
        if (Isc.isc_get_license_info(client, null, ref info) >= 0)
            Console.WriteLine("{0}: verdict {1}, licensed {2}, source {3}, amount {4}, product {5}, expires {6}, offline until {7}",
                Isc.Text(info.License), info.Status, info.Licensed, info.Source, info.Amount, Isc.Text(info.ProductId),
                info.ExpiresAt, info.OfflineUntil);
        return Isc.isc_is_licensed(client, null) != 0;
    }
}
