using System.Diagnostics;

namespace MultiTurnTrainer.Testing;

/// <summary>Programs that are not to run as root: where the tests are root, they run as another user.</summary>
public static class OrdinaryUser
{
    /// <summary>How a program is started, its outputs redirected.</summary>
    /// <param name="user">The user in place of root.</param>
    /// <param name="program">The program.</param>
    /// <param name="args">Its arguments.</param>
    public static ProcessStartInfo Start(string user, string program, params string[] args)
    {
        string[] become =
            Environment.UserName == "root"
                ? ["setpriv", $"--reuid={user}", $"--regid={user}", "--clear-groups", "--"]
                : ["env"];
        return new ProcessStartInfo(become[0], [.. become[1..], program, .. args])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
    }
}
