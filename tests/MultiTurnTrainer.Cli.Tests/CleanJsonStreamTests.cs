using System.Text;
using System.Text.Json;
using MultiTurnTrainer.Files;

namespace MultiTurnTrainer.Cli.Tests;

/// <summary>JSON on standard output holds nothing that a terminal obeys, and says the same.</summary>
public class CleanJsonStreamTests
{
    private static readonly string[] _harmful =
    [
        "\u202e",
        "\u202a",
        "\u2066",
        "\u2069",
        "\u200b",
        "\u200e",
        "\u200f",
        "\u061c",
        "\u00ad",
        "\u0085",
        "\u009b",
        "\u007f",
        "\u115f",
        "\u1160",
        "\u180e",
        "\u3164",
        "\uffa0",
        "\ufeff",
        "\ufff9",
        "\u2028",
        "\u2029",
        "\u2060",
        "\U000e0041",
        "\U000e007f",
    ];

    public static TheoryData<string> Harmful => [.. _harmful];

    [Theory]
    [MemberData(nameof(Harmful))]
    public void Write_WhatIsHarmful_IsEscapedWhereverTheBytesAreCut(string harmful)
    {
        string value = $"a{harmful}é{harmful}{harmful}漢😀\n{harmful}";
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(new { value }, JsonText.Compact);
        for (int step = 1; step <= json.Length; step++)
        {
            string written = Encoding.UTF8.GetString(Clean(json, step));
            Assert.DoesNotContain(harmful, written, StringComparison.Ordinal);
            Assert.Contains("é", written, StringComparison.Ordinal);
            Assert.Contains("漢", written, StringComparison.Ordinal);
            Assert.Equal(value, JsonElement.Parse(written).GetProperty("value").GetString());
        }
    }

    [Fact]
    public void Write_AnyBytes_LoseNothingThatIsNotHarmful()
    {
        Random random = new(1);
        for (int i = 0; i < 300; i++)
        {
            byte[] bytes = new byte[random.Next(200)];
            random.NextBytes(bytes);
            string text = new([
                .. Encoding.UTF8.GetString(bytes).Where(c => !Printable.IsHarmful(c) && !char.IsSurrogate(c)),
            ]);
            byte[] plain = Encoding.UTF8.GetBytes(text);
            Assert.Equal(plain, Clean(plain, 1 + random.Next(50)));
            // What is no UTF-8 passes as it is.
            byte[] cut = [.. plain, 0xE2, 0x80];
            Assert.Equal(cut, Clean(cut, 1 + random.Next(50)));
        }
    }

    public static TheoryData<string> Commands =>
        [
            "validate rows.jsonl --format json",
            "validate rows.jsonl --format sarif",
            "validate rows.jsonl --explain-format",
            "render good.jsonl --model model",
            "inspect good.jsonl --model model",
            "mask good.jsonl --model model --show 2",
            "generate good.jsonl --model model --max-new-tokens 1",
            "score good.jsonl --model model",
            "tokenize text.jsonl --model model",
            "context good.jsonl --model model --format json",
            "stats good.jsonl --format json",
            "lint-template model",
        ];

    [Theory]
    [MemberData(nameof(Commands))]
    public void Command_HostileText_IsNowhereRaw(string command)
    {
        using TempFolder folder = new();
        PresetModel.Write(folder);
        string hostile = JsonSerializer.Serialize($"x{string.Concat(_harmful)}y", JsonText.Compact);
        string good = """{"id":H,"messages":[{"role":"user","content":H},{"role":"assistant","content":H}]}""";
        folder.Write("good.jsonl", good.Replace("H", hostile, StringComparison.Ordinal) + "\n");
        folder.Write("text.jsonl", $"{{\"text\":{hostile}}}\n");
        folder.Write(
            "rows.jsonl",
            """{"id":H,"messages":[{"role":H,"content":H,H:H}]}""".Replace("H", hostile, StringComparison.Ordinal)
                + "\n"
        );
        MttResult result = MttProcess.Run(folder.Path, command.Split(' '));
        Assert.True(result.ExitCode is 0 or 1, result.Error);
        Assert.DoesNotContain(result.Out + result.Error, c => Printable.IsHarmful(c) && c is not ('\n' or '\t'));
    }

    private static byte[] Clean(byte[] bytes, int step)
    {
        using MemoryStream output = new();
        using (CleanJsonStream stream = new(output))
        {
            foreach (byte[] part in bytes.Chunk(step))
            {
                stream.Write(part);
            }
        }

        return output.ToArray();
    }
}
