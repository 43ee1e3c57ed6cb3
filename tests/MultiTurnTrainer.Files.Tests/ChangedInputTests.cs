using System.IO.Compression;
using System.Text;
using MultiTurnTrainer.Files;

namespace MultiTurnTrainer.Files.Tests;

/// <summary>A file that is written to while it is read is refused, whatever is done to it; one that is replaced is read as it was.</summary>
public sealed class ChangedInputTests : IDisposable
{
    private static readonly byte[] _text = Encoding.UTF8.GetBytes(
        string.Concat(Enumerable.Range(0, 40_000).Select(i => $"{{\"n\":{i * 2654435761L % 1000003}}}\n"))
    );

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string, string> Changes
    {
        get
        {
            TheoryData<string, string> cases = [];
            foreach (string kind in (string[])["plain", "gzip", "members"])
            {
                foreach (
                    string change in (string[])
                        ["append", "append nothing", "cut", "empty", "overwrite", "same bytes", "touch", "zeros"]
                )
                {
                    cases.Add(kind, change);
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Changes))]
    public void Read_FileThatIsWrittenTo_IsRefused(string kind, string change)
    {
        string file = Write(kind);
        using Stream stream = InputStream.Open(file);
        stream.ReadExactly(new byte[1000]);
        // Clocks of file systems tick in milliseconds.
        Thread.Sleep(20);
        Change(file, change);
        if (change == "append nothing")
        {
            Assert.True(ReadToEnd(stream) > 0);
            return;
        }

        Assert.Contains(file, Assert.Throws<MttException>(() => ReadToEnd(stream)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("gzip")]
    public void Read_FileThatIsReplaced_GivesWhatItHeld(string kind)
    {
        string file = Write(kind);
        using Stream stream = InputStream.Open(file);
        File.WriteAllText(_folder["new"], "other");
        File.Move(_folder["new"], file, overwrite: true);
        stream.ReadExactly(new byte[1000]);
        Assert.Equal(_text.Length, ReadToEnd(stream));
    }

    [Theory]
    [InlineData("append")]
    [InlineData("cut")]
    [InlineData("empty")]
    [InlineData("overwrite")]
    [InlineData("overwrite, with its time")]
    [InlineData("zeros")]
    [InlineData("remove")]
    public void RequireUnchanged_OtherBytesThanWereRecorded_AreRefused(string change)
    {
        string file = Write("plain");
        Manifest manifest = new("test");
        manifest.AddInput("conversations", file);
        manifest.RequireUnchanged();
        Change(file, change);
        Assert.Throws<MttException>(manifest.RequireUnchanged);
    }

    [Fact]
    public void RequireUnchanged_SameBytesAtAnotherTime_IsTheSameFile()
    {
        string file = Write("plain");
        Manifest manifest = new("test");
        manifest.AddInput("conversations", file);
        Change(file, "touch");
        manifest.RequireUnchanged();
    }

    private string Write(string kind)
    {
        using MemoryStream packed = new();
        int parts = kind == "members" ? 4 : 1;
        for (int i = 0; i < parts && kind != "plain"; i++)
        {
            using GZipStream gzip = new(packed, CompressionLevel.Fastest, leaveOpen: true);
            gzip.Write(_text.AsSpan(i * (_text.Length / parts), _text.Length / parts));
        }

        string file = _folder["rows.jsonl"];
        File.WriteAllBytes(file, kind == "plain" ? _text : packed.ToArray());
        return file;
    }

    private static void Change(string file, string change)
    {
        DateTime time = File.GetLastWriteTimeUtc(file);
        using (FileStream stream = new(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete))
        {
            switch (change)
            {
                case "append":
                    stream.Position = stream.Length;
                    stream.Write("x\n"u8);
                    break;
                case "cut":
                    stream.SetLength(stream.Length / 2);
                    break;
                case "empty":
                    stream.SetLength(0);
                    break;
                case "overwrite" or "overwrite, with its time":
                    stream.Position = stream.Length - 10;
                    stream.Write("y"u8);
                    break;
                case "same bytes":
                    stream.Write(File.ReadAllBytes(file).AsSpan(0, 5));
                    break;
                case "zeros":
                    stream.Write(new byte[stream.Length]);
                    break;
            }
        }

        switch (change)
        {
            case "touch":
                File.SetLastWriteTimeUtc(file, time.AddSeconds(1));
                break;
            case "overwrite, with its time":
                File.SetLastWriteTimeUtc(file, time);
                break;
            case "remove":
                File.Delete(file);
                break;
        }
    }

    private static long ReadToEnd(Stream stream)
    {
        long count = 1000;
        byte[] buffer = new byte[1 << 14];
        for (int read; (read = stream.Read(buffer)) > 0; count += read) { }
        return count;
    }
}
