using System.IO.Compression;
using System.Text;

namespace MultiTurnTrainer.Files.Tests;

/// <summary>Packed files, lines and devices that are not what they say.</summary>
public class HostileInputTests
{
    private static readonly byte[] _one = Pack("one\n");
    private static readonly byte[] _two = Pack("two\n");
    private static readonly byte[] _empty = Pack("");
    private static readonly byte[] _long = Pack(
        string.Concat(Enumerable.Range(0, 60_000).Select(i => $"{i * 2654435761L % 1000003}\n"))
    );

    public static TheoryData<string, byte[], string> Whole =>
        new()
        {
            { "one member", _one, "one\n" },
            { "two members", [.. _one, .. _two], "one\ntwo\n" },
            { "empty", _empty, "" },
            { "empty between", [.. _one, .. _empty, .. _two], "one\ntwo\n" },
            { "empty first", [.. _empty, .. _one], "one\n" },
            { "many empty", [.. Enumerable.Repeat(_empty, 50).SelectMany(m => m), .. _two], "two\n" },
            { "zeros behind", [.. _one, .. new byte[512]], "one\n" },
            { "zeros behind an empty one", [.. _empty, .. new byte[512]], "" },
            { "many members", [.. Enumerable.Repeat(_two, 3000).SelectMany(m => m)], Times("two\n", 3000) },
            { "a name", Named(_one, 8, "name.jsonl\0"u8.ToArray()), "one\n" },
            { "a comment", Named(_one, 16, "comment\0"u8.ToArray()), "one\n" },
            { "both", Named(_one, 24, "name\0comment\0"u8.ToArray()), "one\n" },
            { "an extra field", Named(_one, 4, [3, 0, 1, 2, 3]), "one\n" },
            { "a header check", Named(_one, 2, [9, 9]), "one\n" },
        };

    [Theory]
    [MemberData(nameof(Whole))]
    public void Open_Gzip_GivesEveryMember(string name, byte[] packed, string expected)
    {
        Assert.NotEmpty(name);
        using TempFolder folder = new();
        string file = folder["a.gz"];
        File.WriteAllBytes(file, packed);
        using StreamReader reader = new(InputStream.Open(file));
        Assert.Equal(expected, reader.ReadToEnd());
    }

    public static TheoryData<string, byte[]> Damaged
    {
        get
        {
            TheoryData<string, byte[]> cases = new()
            {
                { "no magic in the second", [.. _one, 0, 1, .. _two[2..]] },
                { "half a magic", [.. _one, 0x1F] },
                { "half of the second", [.. _one, .. _two[..^6]] },
                { "no trailer", _one[..^8] },
                { "half a trailer", [.. _one, .. _two[..^3]] },
                { "head of the second", [.. _one, .. _two[..9]] },
                { "wrong check", [.. _one, .. _two[..^8], 1, 2, 3, 4, .. _two[^4..]] },
                { "wrong length", [.. _one, .. _two[..^4], 1, 2, 3, 4] },
                { "wrong method", [.. _one, 0x1F, 0x8B, 7, .. _two[3..]] },
                { "text behind", [.. _one, .. "more"u8] },
                { "zeros and text", [.. _one, .. new byte[600], 1] },
                { "other kind behind", [.. _one, 0x28, 0xB5, 0x2F, 0xFD, 0, 0] },
            };
            foreach (double part in new[] { 0.1, 0.3, 0.5, 0.7, 0.9, 0.999 })
            {
                int at = (int)(_long.Length * part);
                cases.Add($"cut at {part}", [.. _one, .. _long[..at]]);
                byte[] flipped = [.. _one, .. _long];
                flipped[_one.Length + at] ^= 0x55;
                cases.Add($"flipped at {part}", flipped);
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Damaged))]
    public void Open_GzipWithADamagedMember_IsAnError(string name, byte[] packed)
    {
        Assert.NotEmpty(name);
        using TempFolder folder = new();
        string file = folder["a.gz"];
        File.WriteAllBytes(file, packed);
        using StreamReader reader = new(InputStream.Open(file));
        Assert.Contains(
            "damaged",
            Assert.Throws<MttException>(() => reader.ReadToEnd()).Message,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(8192)]
    [InlineData(100_000)]
    public void Read_GzipInPieces_GivesTheSame(int size)
    {
        byte[] packed = [.. _one, .. _long, .. _empty, .. _two];
        using GzipMembers members = new(new MemoryStream(packed));
        using MemoryStream text = new();
        byte[] buffer = new byte[size];
        for (int read; (read = members.Read(buffer)) > 0; )
        {
            text.Write(buffer, 0, read);
        }

        Assert.Equal("one\n"u8.ToArray(), text.ToArray()[..4]);
        Assert.Equal("two\n"u8.ToArray(), text.ToArray()[^4..]);
        using GZipStream expected = new(new MemoryStream(_long), CompressionMode.Decompress);
        using MemoryStream whole = new();
        expected.CopyTo(whole);
        Assert.Equal(whole.ToArray(), text.ToArray()[4..^4]);
    }

    [Theory]
    [InlineData("", new string[0])]
    [InlineData("a", new[] { "a" })]
    [InlineData("a\n", new[] { "a" })]
    [InlineData("a\r\nb", new[] { "a", "b" })]
    [InlineData("\n\n", new[] { "", "" })]
    public void ReadLine_Text_GivesItsLines(string text, string[] expected)
    {
        using InputLines lines = new(new StringReader(text), "x");
        List<string> found = [];
        while (lines.ReadLine() is { } line)
        {
            found.Add(line);
        }

        Assert.Equal(expected, found);
    }

    [Fact]
    public void ReadLine_WithoutAnEnd_IsRefusedByNumber()
    {
        using InputLines lines = new(new Endless(), "rows.jsonl");
        Assert.Equal("", lines.ReadLine());
        Assert.StartsWith(
            "rows.jsonl:2: the line is longer",
            Assert.Throws<MttException>(() => lines.ReadLine()).Message,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("/dev/zero")]
    [InlineData("/dev/random")]
    [InlineData("/dev/urandom")]
    [InlineData("/dev/full")]
    public void Open_Device_IsRefused(string path)
    {
        Assert.Contains(
            "a device",
            Assert.Throws<MttException>(() => InputStream.Open(path)).Message,
            StringComparison.Ordinal
        );
        Assert.Throws<MttException>(() => InputFile.ReadText(path));
        Assert.Throws<MttException>(() => InputFile.ReadBytes(path));
        Assert.Throws<MttException>(() => InputLines.Read(path).First());
    }

    [Fact]
    public void OpenRead_PipeWithoutAWriter_IsRefusedAtOnce()
    {
        using TempFolder folder = new();
        System.Diagnostics.Process.Start("mkfifo", folder["pipe"]).WaitForExit();
        Assert.Throws<MttException>(() => InputFile.OpenRead(folder["pipe"]));
        Assert.Throws<MttException>(() => InputFile.ReadBytes(folder["pipe"]));
    }

    [Fact]
    public void ReadBytes_BeyondTheLimit_IsRefused()
    {
        using TempFolder folder = new();
        File.WriteAllText(folder["a"], "12345");
        Assert.Equal("12345", InputFile.ReadText(folder["a"], most: 5));
        Assert.Throws<MttException>(() => InputFile.ReadText(folder["a"], most: 4));
    }

    private static string Times(string text, int count) => string.Concat(Enumerable.Repeat(text, count));

    private static byte[] Pack(string text)
    {
        using MemoryStream packed = new();
        using (GZipStream gzip = new(packed, CompressionLevel.Optimal))
        {
            gzip.Write(Encoding.UTF8.GetBytes(text));
        }

        return packed.ToArray() is { Length: > 0 } bytes
            ? bytes
            : [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    }

    private static byte[] Named(byte[] member, byte flags, byte[] more) =>
        [.. member[..3], flags, .. member[4..10], .. more, .. member[10..]];

    private sealed class Endless : TextReader
    {
        private bool _begun;

        public override int Read(char[] buffer, int index, int count) => Read(buffer.AsSpan(index, count));

        public override int Read(Span<char> buffer)
        {
            buffer.Fill('x');
            if (!_begun)
            {
                buffer[0] = '\n';
                _begun = true;
            }

            return buffer.Length;
        }
    }
}
