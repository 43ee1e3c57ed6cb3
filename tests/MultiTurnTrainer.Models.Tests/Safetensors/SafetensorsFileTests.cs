using System.Buffers.Binary;
using System.Text;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Models.Safetensors;

namespace MultiTurnTrainer.Models.Tests.Safetensors;

public class SafetensorsFileTests
{
    private const string Good = """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""";

    public static TheoryData<string, int, string> Broken =>
        new()
        {
            { """ {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 8, "does not begin" },
            { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}""", 8, "not valid JSON" },
            { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}} x""", 8, "not valid JSON" },
            { """[]""", 0, "does not begin" },
            { Good, 7, "end at byte 8" },
            { Good, 9, "end at byte 8" },
            { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""", 12, "no holes" },
            { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", 8, "no holes" },
            { """{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", 8, "cannot take" },
            { """{"a":{"dtype":"F4","shape":[3],"data_offsets":[0,1]}}""", 1, "cannot take" },
            { """{"a":{"dtype":"F32","shape":[9223372036854775807,4],"data_offsets":[0,8]}}""", 8, "cannot take" },
            { """{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""", 8, "not a size" },
            { """{"a":{"dtype":"F32","shape":[2.5],"data_offsets":[0,8]}}""", 8, "not a size" },
            { """{"a":{"dtype":"F32","shape":"2","data_offsets":[0,8]}}""", 8, "not an array" },
            { """{"a":{"dtype":"F31","shape":[2],"data_offsets":[0,8]}}""", 8, "unknown dtype" },
            { """{"a":{"dtype":"F32","shape":[2],"offsets":[0,8]}}""", 8, "lacks" },
            { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8,9]}}""", 8, "two numbers" },
            { """{"a":7}""", 0, "not described by an object" },
            { """{"__metadata__":{"n":1},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 8, "not a string" },
            { """{"__metadata__":[],"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 8, "not an object" },
            {
                """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}""",
                16,
                "occurs twice"
            },
            {
                """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""",
                12,
                "no overlaps"
            },
        };

    [Theory]
    [MemberData(nameof(Broken))]
    public void Open_AFileThatBreaksARule_SaysWhich(string header, int dataLength, string reason)
    {
        using TempFolder folder = new();
        string path = Write(folder, Encoding.UTF8.GetBytes(header), dataLength);

        MttException problem = Assert.Throws<MttException>(() => SafetensorsFile.Open(path));

        Assert.Contains(reason, problem.Message, StringComparison.Ordinal);
        Assert.StartsWith(path, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_InvalidUtf8_IsRefused()
    {
        using TempFolder folder = new();
        byte[] header = Encoding.UTF8.GetBytes("""{"a?":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""");
        header[3] = 0xFF;

        Assert.Throws<MttException>(() => SafetensorsFile.Open(Write(folder, header, 8)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    public void Open_FewerBytesThanALength_IsRefused(int size)
    {
        using TempFolder folder = new();
        string path = folder["x.safetensors"];
        File.WriteAllBytes(path, new byte[size]);

        Assert.Contains("fewer than a header", Assert.Throws<MttException>(() => SafetensorsFile.Open(path)).Message);
    }

    [Theory]
    [InlineData(100_000_001UL, "over the limit")]
    [InlineData(ulong.MaxValue, "over the limit")]
    [InlineData(1000UL, "the file has")]
    public void Open_AHeaderLengthThatLies_IsRefused(ulong length, string reason)
    {
        using TempFolder folder = new();
        string path = folder["x.safetensors"];
        byte[] bytes = new byte[64];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, length);
        File.WriteAllBytes(path, bytes);

        Assert.Contains(reason, Assert.Throws<MttException>(() => SafetensorsFile.Open(path)).Message);
    }

    [Fact]
    public void Open_ScalarEmptyAndSpacePadding_AreRead()
    {
        using TempFolder folder = new();
        string header = """
            {"s":{"dtype":"I16","shape":[],"data_offsets":[0,2]},"e":{"dtype":"F32","shape":[0,4],"data_offsets":[2,2]}}    
            """;
        using SafetensorsFile file = SafetensorsFile.Open(Write(folder, Encoding.UTF8.GetBytes(header.TrimStart()), 2));

        Assert.Equal(1, file["s"].Count);
        Assert.Equal([0], file.Values<short>("s").ToArray());
        Assert.Empty(file.Values<float>("e").ToArray());
        Assert.Throws<InvalidOperationException>(() => file.Values<float>("s").Length);
        Assert.Throws<MttException>(() => file["absent"]);
    }

    [Fact]
    public void Write_WhatWasRead_GivesTheSameBytes()
    {
        foreach (string path in Directory.EnumerateFiles(Golden.Root, "*.safetensors", SearchOption.AllDirectories))
        {
            using SafetensorsFile file = SafetensorsFile.Open(path);
            using MemoryStream copy = new();
            SafetensorsWriter.Write(
                copy,
                file.Entries.Values.Reverse()
                    .Select(entry =>
                        SafetensorsPiece.Of(entry.Name, entry.Type, entry.Shape, file.Bytes(entry).ToArray())
                    ),
                file.Metadata
            );

            Assert.Equal(File.ReadAllBytes(path), copy.ToArray());
        }
    }

    [Fact]
    public void Write_MixedTypes_PutsTheWidestFirstAndAligns()
    {
        using TempFolder folder = new();
        string path = folder["x.safetensors"];
        SafetensorsPiece[] pieces =
        [
            SafetensorsPiece.Of("b", SafetensorsType.U8, [3], new byte[3]),
            SafetensorsPiece.Of("z", SafetensorsType.F32, [1], new byte[4]),
            SafetensorsPiece.Of("a", SafetensorsType.F32, [], new byte[4]),
            SafetensorsPiece.Of("c", SafetensorsType.BF16, [2, 1], new byte[4]),
        ];

        SafetensorsWriter.Write(path, pieces, null, force: false);

        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.Equal(
            ["a", "z", "c", "b"],
            file.Entries.Values.OrderBy(entry => entry.Begin).Select(entry => entry.Name)
        );
        Assert.Equal(0, (new FileInfo(path).Length - 15) % 8);
        Assert.Empty(file.Metadata);
        Assert.Throws<MttException>(() => SafetensorsWriter.Write(path, pieces, null, force: false));
    }

    private static string Write(TempFolder folder, byte[] header, int dataLength)
    {
        string path = folder["x.safetensors"];
        byte[] bytes = new byte[8 + header.Length + dataLength];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, (ulong)header.Length);
        header.CopyTo(bytes, 8);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    public static TheoryData<string, int> Changes
    {
        get
        {
            TheoryData<string, int> changes = [];
            foreach (int size in (int[])[0, 1, 7, 8, 9, 40, 100, 4095, 4096, 4097, 8000, 65536, 99_999])
            {
                changes.Add("cut", size);
            }

            foreach (int place in (int[])[0, 8, 60, 5000, 70_000, 99_999])
            {
                changes.Add("write", place);
            }

            changes.Add("append", 1);
            changes.Add("append", 100_000);
            changes.Add("touch", 0);
            return changes;
        }
    }

    [Theory]
    [MemberData(nameof(Changes))]
    public void Read_FileThatWasChangedSinceItWasOpened_IsRefused(string change, int at)
    {
        using TempFolder folder = new();
        string path = folder["w.safetensors"];
        SafetensorsPiece piece = SafetensorsPiece.Of("w", SafetensorsType.F32, [25_000], new byte[100_000]);
        SafetensorsWriter.Write(path, [piece], null, force: false);
        File.SetLastWriteTimeUtc(path, File.GetLastWriteTimeUtc(path).AddSeconds(-5));
        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.Equal(100_000, file.Bytes(file["w"]).Length);
        using (FileStream other = File.Open(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
        {
            if (change == "cut")
            {
                other.SetLength(at);
            }
            else if (change != "touch")
            {
                other.Position = change == "append" ? other.Length + at : at;
                other.WriteByte(1);
            }
        }

        if (change == "touch")
        {
            File.SetLastWriteTimeUtc(path, File.GetLastWriteTimeUtc(path).AddSeconds(9));
        }

        MttException problem = Assert.Throws<MttException>(() => file.Bytes(file["w"]));
        Assert.Equal($"{path}: was changed while it was read", problem.Message);
    }

    [Fact]
    public void Read_FileThatWasReplaced_IsReadAsItWas()
    {
        using TempFolder folder = new();
        string path = folder["w.safetensors"];
        SafetensorsWriter.Write(path, [SafetensorsPiece.Of("w", SafetensorsType.F32, [1], new byte[4])], null, false);
        using SafetensorsFile file = SafetensorsFile.Open(path);
        SafetensorsWriter.Write(path, [SafetensorsPiece.Of("v", SafetensorsType.F32, [9], new byte[36])], null, true);
        Assert.Equal([0f], file.Values<float>("w").ToArray());
    }
}
