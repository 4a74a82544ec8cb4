' Silent removal as the ISCDesk client asks for it: uninstall.vbs, without arguments, in the folder of uninstall.exe.
'
' May be run again at any time; what an earlier run left is removed then. Ends with the uninstaller's exit code.
Option Explicit

Const UNINSTALLER = "uninstall.exe"
Const TEMPORARY_FOLDER = 2
Const CANNOT_START = 1

Dim fso, shell, folderPath
Set fso = CreateObject("Scripting.FileSystemObject")
Set shell = CreateObject("WScript.Shell")
folderPath = fso.GetParentFolderName(WScript.ScriptFullName)
If fso.FileExists(folderPath & "\" & UNINSTALLER) Then WScript.Quit Main()
' An earlier run was interrupted when only this was left.
RemoveItself

' NSIS' uninstaller would start a copy of itself and end at once. So the copy is started here: it can be waited for, it can
' delete the original, and its folder, which is nobody's current one.
Function Main()
    Dim copied
    Main = CANNOT_START
    On Error Resume Next
    copied = fso.GetSpecialFolder(TEMPORARY_FOLDER) & "\" & fso.GetTempName() & ".exe"
    fso.CopyFile folderPath & "\" & UNINSTALLER, copied, True
    shell.CurrentDirectory = fso.GetSpecialFolder(TEMPORARY_FOLDER)
    If Err.Number = 0 Then Main = shell.Run("""" & copied & """ /S _?=" & folderPath, 0, True)
    If Err.Number <> 0 Then Say "the uninstaller cannot be started, error " & Hex(Err.Number)
    Err.Clear
    fso.DeleteFile copied
End Function

Sub RemoveItself()
    Dim folder
    fso.DeleteFile WScript.ScriptFullName
    shell.CurrentDirectory = fso.GetSpecialFolder(TEMPORARY_FOLDER)
    Set folder = fso.GetFolder(folderPath)
    ' What lies there otherwise is the user's.
    If folder.Files.Count = 0 And folder.SubFolders.Count = 0 Then fso.DeleteFolder folderPath
End Sub

' Only on a console: wscript.exe would show a window and wait until somebody closes it.
Sub Say(text)
    If InStr(LCase(WScript.FullName), "cscript.exe") > 0 Then WScript.Echo text
End Sub
