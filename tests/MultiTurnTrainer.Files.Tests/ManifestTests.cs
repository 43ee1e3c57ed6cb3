using System.Text.Json;

namespace MultiTurnTrainer.Files.Tests;

public class ManifestTests
{
    [Fact]
    public void WriteBeside_EqualRunsInTwoFolders_GiveEqualBytes()
    {
        using TempFolder first = new();
        using TempFolder second = new();
        Assert.Equal(Write(first), Write(second));
    }

    [Fact]
    public void WriteBeside_NamesInputsByHash()
    {
        using TempFolder folder = new();
        Write(folder);
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(folder["out.bin.manifest.json"]));
        JsonElement input = json.RootElement.GetProperty("inputs").GetProperty("conversations:in.txt");
        Assert.Equal(ContentHash.Of("in"u8), input.GetProperty("sha256").GetString());
        Assert.Equal(2, input.GetProperty("bytes").GetInt64());
    }

    private static byte[] Write(TempFolder folder)
    {
        Manifest manifest = new("mask");
        manifest.AddInput("conversations", folder.Write("in.txt", "in"));
        manifest.Counts["rows"] = 3;
        manifest.AddOutput(folder.Write("out.bin", "out"));
        manifest.WriteBeside(folder["out.bin"]);
        return File.ReadAllBytes(folder["out.bin.manifest.json"]);
    }
}
