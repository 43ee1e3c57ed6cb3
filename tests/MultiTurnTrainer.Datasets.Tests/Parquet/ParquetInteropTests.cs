using System.Diagnostics;
using System.Text.Json;
using MultiTurnTrainer.Datasets.Rows;
using MultiTurnTrainer.Datasets.Tests.Rows;

namespace MultiTurnTrainer.Datasets.Tests.Parquet;

/// <summary>Three independent implementations read what we write, and we read what they write.</summary>
public class ParquetInteropTests
{
    private static readonly string[] _packages =
    [
        "hyparquet@1.31.5",
        "hyparquet-writer@0.17.0",
        "@duckdb/node-api@1.5.6-r.1",
        "parquet-wasm@0.8.0",
        "apache-arrow@21.2.0",
    ];

    [Fact]
    public void TokenRows_ThroughOtherImplementations_AreEqualInBothDirections()
    {
        using TempFolder folder = new();
        Install(folder);
        TokenRow[] rows =
        [
            .. TokenRowFileTests.MakeRows(seed: 5, count: 900, weighted: true, longest: 3000),
            .. TokenRowFileTests.MakeRows(seed: 6, count: 100, weighted: false),
        ];
        TokenRowFileTests.Write(folder["rows.parquet"], rows);
        string[] expected = [.. rows.Select(ToJson)];
        foreach (string reader in (string[])["hyparquet", "duckdb", "arrow"])
        {
            string[] read = Node(folder, "read", reader, folder["rows.parquet"]).Split('\n')[..^1];
            ParquetFixtureTests.AssertSame(expected, read.Select(DropTrailingDigits));
        }

        JsonElement features = JsonElement.Parse(Node(folder, "features", folder["rows.parquet"]));
        Assert.Equal(
            "Sequence",
            features
                .GetProperty("info")
                .GetProperty("features")
                .GetProperty("input_ids")
                .GetProperty("_type")
                .GetString()
        );

        Node(folder, "make", folder.Path, "5000");
        string[] theirs = [.. File.ReadLines(folder["expected.jsonl"])];
        foreach (string path in Directory.GetFiles(folder.Path, "duckdb-*.parquet"))
        {
            ParquetFixtureTests.AssertSame(theirs, ParquetFixtureTests.Read(path));
        }

        Assert.Equal(5000, ParquetFixtureTests.Read(folder["hyparquet.parquet"]).Count());
        string[] arrow = [.. File.ReadLines(folder["arrow.jsonl"])];
        ParquetFixtureTests.AssertSame(arrow, ParquetFixtureTests.Read(folder["arrow-V1.parquet"]));
        ParquetFixtureTests.AssertSame(arrow, ParquetFixtureTests.Read(folder["arrow-V2.parquet"]));
    }

    // Floats come back as doubles with the float's digits or with all of the double's: compare as floats.
    private static string DropTrailingDigits(string line)
    {
        using JsonDocument document = JsonDocument.Parse(line);
        JsonElement root = document.RootElement;
        int[] Ints(string name) => [.. root.GetProperty(name).EnumerateArray().Select(value => value.GetInt32())];
        bool weighted =
            root.TryGetProperty("loss_weights", out JsonElement weights) && weights.ValueKind == JsonValueKind.Array;
        bool named = root.TryGetProperty("id", out JsonElement id) && id.ValueKind == JsonValueKind.String;
        return ToJson(
            new TokenRow(
                named ? id.GetString() : null,
                Ints("input_ids"),
                Ints("labels"),
                weighted ? [.. weights.EnumerateArray().Select(value => (float)value.GetDouble())] : null
            )
        );
    }

    private static string ToJson(TokenRow row) => JsonSerializer.Serialize(row);

    private static void Install(TempFolder folder)
    {
        folder.Write("package.json", "{}");
        ProcessStartInfo start = new("npm", ["install", "--no-audit", "--no-fund", "--silent", .. _packages]);
        if (!TryRun(start, folder.Path, out string problem))
        {
            Assert.Skip($"needs Node and npm packages: {problem}");
        }
    }

    private static string Node(TempFolder folder, params string[] args)
    {
        string script = Path.Combine(Path.GetDirectoryName(ParquetFixtureTests.Folder)!, "interop.mjs");
        Assert.True(TryRun(new ProcessStartInfo("node", [script, .. args]), folder.Path, out string output), output);
        return output;
    }

    private static bool TryRun(ProcessStartInfo start, string folder, out string output)
    {
        start.WorkingDirectory = folder;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        try
        {
            using Process process = Process.Start(start)!;
            Task<string> error = process.StandardError.ReadToEndAsync();
            output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            output = process.ExitCode == 0 ? output : error.Result;
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception problem)
        {
            output = problem.Message;
            return false;
        }
    }
}
