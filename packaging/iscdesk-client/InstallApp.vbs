' Silent installation as the ISCDesk client asks for it: InstallApp.vbs <target folder> [further arguments of the installer]
'
' Lies beside the installer and uninstall.vbs. May be run again at any time: it overwrites, and what was interrupted goes on.
' Ends with the installer's exit code. The installer itself writes the progress to install.json in the target folder; only
' where it cannot even be started the reason is written here, since nobody else could.
Option Explicit

Const INSTALLER = "ExampleCAD-1.0.exe"
Const CANNOT_START = 1

Dim fso, shell, scriptFolder, folderPath
Set fso = CreateObject("Scripting.FileSystemObject")
Set shell = CreateObject("WScript.Shell")

If WScript.Arguments.Count = 0 Then
    Say "usage: InstallApp.vbs <target folder>"
    WScript.Quit CANNOT_START
End If
scriptFolder = fso.GetParentFolderName(WScript.ScriptFullName)
folderPath = WithoutEnd(WScript.Arguments(0))
WScript.Quit Main()

Function Main()
    Dim exitCode
    Main = CANNOT_START
    On Error Resume Next
    ' NSIS wants the folder last, without quotation marks even where it holds spaces.
    exitCode = shell.Run(Quoted(scriptFolder & "\" & INSTALLER) & " /S" & Further() & " /D=" & folderPath, 0, True)
    If Err.Number <> 0 Then
        Tell "the installer cannot be started, error " & Hex(Err.Number)
        Exit Function
    End If
    Main = exitCode
    ' Also after a failure: what is there can then be removed.
    fso.CopyFile scriptFolder & "\uninstall.vbs", folderPath & "\uninstall.vbs", True
    If Err.Number <> 0 And Main = 0 Then
        Tell "uninstall.vbs cannot be copied, error " & Hex(Err.Number)
        Main = CANNOT_START
    End If
End Function

Function Further()
    Dim index
    For index = 1 To WScript.Arguments.Count - 1
        Further = Further & " " & WScript.Arguments(index)
    Next
End Function

' "C:\CAD\" arrives with a quotation mark at its end, because the backslash takes it along.
Function WithoutEnd(path)
    WithoutEnd = path
    Do While Len(WithoutEnd) > 0 And InStr("\/""", Right(WithoutEnd, 1)) > 0
        WithoutEnd = Left(WithoutEnd, Len(WithoutEnd) - 1)
    Loop
End Function

Function Quoted(path)
    Quoted = """" & path & """"
End Function

' Written beside and moved, so that nobody reads half a file. The reason is plain ASCII, which needs no JSON escapes.
Sub Tell(reason)
    Dim file, target
    target = folderPath & "\install.json"
    On Error Resume Next
    If Not fso.FolderExists(folderPath) Then fso.CreateFolder folderPath
    Set file = fso.CreateTextFile(target & ".new", True)
    file.Write "{""status"":0,""progress"":0,""errorMsg"":""" & reason & """}"
    file.Close
    If fso.FileExists(target) Then fso.DeleteFile target
    fso.MoveFile target & ".new", target
    Say reason
End Sub

' Only on a console: wscript.exe would show a window and wait until somebody closes it.
Sub Say(text)
    If InStr(LCase(WScript.FullName), "cscript.exe") > 0 Then WScript.Echo text
End Sub
