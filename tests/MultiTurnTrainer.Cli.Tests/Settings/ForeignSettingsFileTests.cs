using System.Diagnostics;
using MultiTurnTrainer.Files;

namespace MultiTurnTrainer.Cli.Tests.Settings;

/// <summary>Whose <c>mtt.yaml</c> counts, and which keys it may send where.</summary>
public class ForeignSettingsFileTests
{
    private const string Settings = "rows:\n  template: t.jinja\n";
    private static readonly string[] _render = ["render", "rows.jsonl"];

    [Fact]
    public void Load_OwnFileAbove_IsUsedAndNamed()
    {
        using TempFolder folder = Folder();
        folder.Write("mtt.yaml", Settings.Replace("t.jinja", folder["t.jinja"], StringComparison.Ordinal));
        folder.Write("sub/deeper/rows.jsonl", File.ReadAllText(folder["rows.jsonl"]));
        MttResult result = MttProcess.Run(folder["sub/deeper"], _render);
        Assert.Equal(0, result.ExitCode);
        Assert.Contains($"settings: {folder["mtt.yaml"]}", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mtt.yaml")]
    [InlineData(".")]
    public void Load_AnothersFileOrFolder_IsRefusedUnlessNamed(string foreign)
    {
        Assert.SkipUnless(PosixFile.User == 0, "only root can give a file to another user");
        using TempFolder folder = Folder();
        folder.Write("mtt.yaml", Settings);
        // As a checkout that a CI system mounts into a container is the system's, not root's.
        Process.Start("chown", ["1234", folder[foreign]]).WaitForExit();
        MttResult refused = MttProcess.Run(folder.Path, _render);
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("mtt.yaml", refused.Error, StringComparison.Ordinal);
        Assert.Contains("--config", refused.Error, StringComparison.Ordinal);
        MttResult named = MttProcess.Run(folder.Path, [.. _render, "--config", "mtt.yaml"]);
        Assert.Equal(0, named.ExitCode);
        Assert.Contains("settings: mtt.yaml", named.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_LinkThatAnotherUserMade_IsRefused()
    {
        Assert.SkipUnless(PosixFile.User == 0, "only root can give a file to another user");
        using TempFolder folder = Folder();
        folder.Write("own.yaml", Settings);
        File.CreateSymbolicLink(folder["mtt.yaml"], folder["own.yaml"]);
        Process.Start("chown", ["-h", "1234", folder["mtt.yaml"]]).WaitForExit();
        Assert.Equal(2, MttProcess.Run(folder.Path, _render).ExitCode);
    }

    [Theory]
    [InlineData("[", "]")]
    [InlineData("{a: ", "}")]
    [InlineData("? ", "")]
    [InlineData("- ", "")]
    [InlineData("[{a: ", "}]")]
    public void Load_DeepYaml_IsRefusedWithItsPlace(string open, string close)
    {
        using TempFolder folder = Folder();
        foreach (int depth in new[] { 100, 20_000 })
        {
            string deep =
                string.Concat(Enumerable.Repeat(open, depth)) + "1" + string.Concat(Enumerable.Repeat(close, depth));
            folder.Write("mtt.yaml", open is "? " or "- " ? deep : "rows: " + deep);
            MttResult result = MttProcess.Run(folder.Path, _render);
            Assert.Equal(2, result.ExitCode);
            Assert.Contains("nested more than 64 deep", result.Error, StringComparison.Ordinal);
            Assert.Equal(
                2,
                MttProcess
                    .Run(folder.Path, [.. _render, "--set", "rows.eot=" + deep[..Math.Min(deep.Length, 100_000)]])
                    .ExitCode
            );
        }
    }

    [Theory]
    [InlineData("a: &a [*a]")]
    [InlineData("a: &a {b: *a}")]
    [InlineData("a: *b")]
    public void Load_AliasesWithoutEnd_AreRefused(string yaml)
    {
        using TempFolder folder = Folder();
        folder.Write("mtt.yaml", yaml);
        Assert.Equal(2, MttProcess.Run(folder.Path, _render).ExitCode);
    }

    [Fact]
    public void Load_AliasesThatDouble_AreRefused()
    {
        using TempFolder folder = Folder();
        string lines = string.Concat(Enumerable.Range(1, 60).Select(i => $"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n"));
        folder.Write("mtt.yaml", $"a0: &a0 [1, 1]\n{lines}? *a60\n: 1\n");
        MttResult result = MttProcess.Run(folder.Path, _render);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("aliases stand for", result.Error, StringComparison.Ordinal);
    }

    private static TempFolder Folder()
    {
        TempFolder folder = new();
        folder.Write(
            "rows.jsonl",
            """{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}"""
        );
        folder.Write("t.jinja", "{{ messages[0].content }}");
        return folder;
    }
}
