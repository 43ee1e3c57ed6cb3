using System.IO.Compression;
using System.Text;
using MultiTurnTrainer.Conversations.Jsonl;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Validation;
using MultiTurnTrainer.Validation.Findings;

namespace MultiTurnTrainer.Conversations.Tests.Jsonl;

public sealed class HostileInputTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData('[')]
    [InlineData('{')]
    public void Validate_NestingBomb_IsOneFinding(char open)
    {
        string bomb = open == '[' ? new string('[', 1_000_000) : string.Concat(Enumerable.Repeat("{\"a\":", 200_000));
        Assert.Contains(Codes("{\"x\":" + bomb + "\n"), code => code is "MTT009" or "MTT001");
    }

    [Fact]
    public void Validate_MoreValuesThanTheLimitAllows_IsOneFindingInBoundedMemory()
    {
        const int limit = 1 << 20;
        string ones = string.Join(',', Enumerable.Repeat("1", 500_000));
        string path = _folder.Write("a.jsonl", $$"""{"x":[{{ones}}]}""" + "\n{\"text\":1}\n");
        List<Finding> findings = [];
        long before = GC.GetAllocatedBytesForCurrentThread();
        new Validator(new ValidationOptions { MaxRowBytes = limit }, findings.Add).Run([path]);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8 * limit);
        Assert.Equal([("MTT008", 1L), ("MTT101", 2L)], findings.Select(finding => (finding.Code, finding.Line)));
        Assert.Contains("65,536 JSON values", findings[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_KeyTwiceAmongMany_IsFoundHoweverItIsWritten()
    {
        string keys = string.Join(',', Enumerable.Range(0, 50).Select(i => $"\"k{i}\":1"));
        Assert.Contains("MTT002", Codes("{" + keys + ",\"\\u006b7\":2}"));
        Assert.DoesNotContain("MTT002", Codes("{" + keys + ",\"\\u006b\":2}"));
    }

    [Fact]
    public void Validate_LineBeyondTheLimit_IsSkippedInConstantMemory()
    {
        string path = _folder["a.jsonl"];
        using (FileStream file = File.Create(path))
        {
            file.Write("{\"messages\":[{\"role\":\"user\",\"content\":\""u8);
            byte[] block = new byte[1 << 20];
            Array.Fill(block, (byte)'x');
            for (int i = 0; i < 40; i++)
            {
                file.Write(block);
            }

            file.Write("\"}]}\n{\"text\":1}\n"u8);
        }

        List<Finding> findings = [];
        new Validator(new ValidationOptions { MaxRowBytes = 1 << 20 }, findings.Add).Run([path]);
        Assert.Equal([("MTT008", 1L), ("MTT101", 2L)], findings.Select(finding => (finding.Code, finding.Line)));
    }

    [Fact]
    public void Read_DecompressionBomb_IsRefused()
    {
        string path = _folder["bomb.jsonl.gz"];
        using (FileStream file = File.Create(path))
        using (GZipStream packed = new(file, CompressionLevel.SmallestSize))
        {
            byte[] block = new byte[1 << 20];
            Array.Fill(block, (byte)'\n');
            for (int i = 0; i < 1100; i++)
            {
                packed.Write(block);
            }
        }

        MttException problem = Assert.Throws<MttException>(() => ConversationReader.Read(path).Count());
        Assert.Contains("decompression bomb", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_CutGzip_IsAnError()
    {
        string path = _folder["cut.jsonl.gz"];
        byte[] whole = Packed(
            string.Concat(
                Enumerable
                    .Range(0, 5000)
                    .Select(i => $$"""{"messages":[{"role":"user","content":"{{i * 7919}}"}]}""" + "\n")
            )
        );
        File.WriteAllBytes(path, whole[..(whole.Length / 2)]);
        Assert.Throws<MttException>(() => ConversationReader.Read(path).Count());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(12)]
    public void Validate_GzipWithoutItsEnd_IsNoShorterFile(int lost)
    {
        const string row = """{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}""" + "\n";
        string path = _folder["cut.jsonl.gz"];
        File.WriteAllBytes(path, Packed(row)[..^lost]);
        List<Finding> findings = [];
        List<MttException> unreadable = [];
        string whole = _folder.Write("whole.jsonl", "nope\n" + row);
        new Validator(new ValidationOptions { Unreadable = unreadable.Add }, findings.Add).Run([path, whole]);
        Assert.Equal(path, findings.First(finding => finding.Code == "MTT014").File);
        Assert.Equal("MTT001", findings.First(finding => finding.File == whole).Code);
        Assert.Contains("damaged after", Assert.Single(unreadable).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_MoreCallsThanCanBeMatched_IsRefusedAtOnce()
    {
        string calls = string.Join(
            ",",
            Enumerable
                .Range(0, 50_000)
                .Select(i => $$"""{"id":"c{{i}}","type":"function","function":{"name":"f","arguments":"{}"} }""")
        );
        string results = string.Join(
            ",",
            Enumerable
                .Range(0, 50_000)
                .Select(i => $$"""{"role":"tool","content":"1","tool_call_id":"c{{49_999 - i}}" }""")
        );
        string row =
            $$"""{"messages":[{"role":"user","content":"a"},{"role":"assistant","tool_calls":[{{calls}}]},{{results}},{"role":"assistant","content":"b"}]}""";
        Assert.Equal(["MTT008"], Codes(row));
    }

    [Fact]
    public void Validate_RowOfAHundredThousandMistakes_ShowsSomeAndCountsAll()
    {
        List<Finding> findings = [];
        string row = "{" + string.Join(",", Enumerable.Repeat("\"k\":1", 100_000)) + "}";
        ValidationSummary summary = new Validator(new ValidationOptions(), findings.Add).Run([
            _folder.Write("a.jsonl", row),
        ]);
        Assert.Equal(99_999, summary.ByCode["MTT002"]);
        Assert.Equal(101, findings.Count(finding => finding.Code == "MTT002"));
        Assert.Contains(findings, finding => finding.Message == "and 99,899 more of these in this row");
    }

    [Theory]
    [InlineData(new byte[] { 0x50, 0x4B, 3, 4, 0 }, "zip archive")]
    [InlineData(new byte[] { 0xFF, 0xFE, 0x7B, 0 }, "UTF-16")]
    [InlineData(new byte[] { 0x42, 0x5A, 0x68, 0x39 }, "bzip2")]
    public void Read_ForeignFile_IsNamed(byte[] head, string expected)
    {
        File.WriteAllBytes(_folder["a.jsonl"], head);
        Assert.Contains(
            expected,
            Assert.Throws<MttException>(() => ConversationReader.Read(_folder["a.jsonl"]).Count()).Message,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("]")]
    [InlineData("[1,]")]
    [InlineData("[}]")]
    [InlineData("[{\"a\":1} {\"b\":2}]")]
    [InlineData("{\n\"a\": [1,\n 2}\n}")]
    [InlineData("[\"x")]
    [InlineData("[,,,]")]
    [InlineData("[1] [2]")]
    public void Validate_BrokenStructure_EndsWithFindings(string text) => Assert.NotEmpty(Codes(text));

    [Fact]
    public void Validate_ZstdFrame_IsRead()
    {
        File.WriteAllBytes(_folder["a.jsonl.zst"], Frame("{\"text\":\"x\"}\n"));
        Assert.Equal("MTT101", Assert.Single(Findings("a.jsonl.zst")).Code);
    }

    [Fact]
    public void Validate_ZstdFramesAndOnesToSkip_AreReadInOrder()
    {
        byte[] skipped = [0x5A, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 1, 2, 3];
        File.WriteAllBytes(
            _folder["a.jsonl.zst"],
            [.. skipped, .. Frame("{\"text\":"), .. skipped, .. Frame("\"x\"}\n{\"te"), .. Frame("xt\":\"y\"}\n")]
        );
        Assert.Equal([1, 2], Findings("a.jsonl.zst").Select(finding => finding.Line));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(9)]
    [InlineData(20)]
    public void Read_ZstdCutOff_NamesTheFile(int length)
    {
        File.WriteAllBytes(
            _folder["a.jsonl.zst"],
            Frame("{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}\n")[..length]
        );
        MttException problem = Assert.Throws<MttException>(() =>
            ConversationReader.Read(_folder["a.jsonl.zst"]).Count()
        );
        Assert.Contains("a.jsonl.zst: the compressed stream is damaged", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_ZstdFollowedByOtherBytes_IsDamaged()
    {
        File.WriteAllBytes(_folder["a.jsonl.zst"], [.. Frame("{\"text\":\"x\"}\n"), .. "not zstd"u8]);
        Assert.Throws<MttException>(() => ConversationReader.Read(_folder["a.jsonl.zst"]).Count());
    }

    // The window is two to the power of 10 + the descriptor's upper five bits: 27 (128 MiB) is the most.
    [Theory]
    [InlineData(17, true)]
    [InlineData(18, false)]
    [InlineData(31, false)]
    public void Validate_ZstdWindow_IsBounded(int exponent, bool accepted)
    {
        byte[] frame = Frame("{\"text\":\"x\"}\n");
        frame[5] = (byte)(exponent << 3);
        File.WriteAllBytes(_folder["a.jsonl.zst"], frame);
        if (accepted)
        {
            Assert.Equal("MTT101", Assert.Single(Findings("a.jsonl.zst")).Code);
        }
        else
        {
            Assert.Throws<MttException>(() => Findings("a.jsonl.zst"));
        }
    }

    // One raw block, written by hand: magic, no content size, window 1 KiB.
    private static byte[] Frame(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        return [0x28, 0xB5, 0x2F, 0xFD, 0, 0, (byte)((bytes.Length << 3) | 1), (byte)(bytes.Length >> 5), 0, .. bytes];
    }

    private List<Finding> Findings(string name)
    {
        List<Finding> findings = [];
        new Validator(new ValidationOptions(), findings.Add).Run([_folder[name]]);
        return findings;
    }

    private static byte[] Packed(string text)
    {
        using MemoryStream stream = new();
        using (GZipStream packed = new(stream, CompressionLevel.Fastest))
        {
            packed.Write(Encoding.UTF8.GetBytes(text));
        }

        return stream.ToArray();
    }

    private List<string> Codes(string text)
    {
        List<string> codes = [];
        new Validator(new ValidationOptions(), finding => codes.Add(finding.Code)).Run([
            _folder.Write("a.jsonl", text),
        ]);
        return codes;
    }
}
