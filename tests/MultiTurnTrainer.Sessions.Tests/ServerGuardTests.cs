using System.Diagnostics;
using System.Globalization;

namespace MultiTurnTrainer.Sessions.Tests;

public class ServerGuardTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Guard_OfTestsThatAreGone_EndsTheirServerAndItsChildren(bool areGone)
    {
        using TempFolder folder = new();
        string data = Directory.CreateDirectory(folder["data"]).FullName;
        ProcessStartInfo start = new("sh", ["-c", "sleep 600 & echo $!; wait"]) { RedirectStandardOutput = true };
        using Process server = Process.Start(start)!;
        int child = int.Parse(server.StandardOutput.ReadLine()!, CultureInfo.InvariantCulture);
        using (ServerGuard guard = new(server, data))
        {
            if (areGone)
            {
                guard.Abandon();
            }
        }

        Assert.Equal(areGone, IsGone(server.Id));
        Assert.Equal(areGone, IsGone(child));
        Assert.Equal(areGone, !Directory.Exists(data));
        server.Kill(entireProcessTree: true);
    }

    // What was killed and nobody has asked after is still listed.
    private static bool IsGone(int process)
    {
        string status = FormattableString.Invariant($"/proc/{process}/stat");
        return !File.Exists(status) || File.ReadAllText(status).Contains(") Z ", StringComparison.Ordinal);
    }
}
