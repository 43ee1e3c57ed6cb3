using System.Text;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Models.Gguf;

namespace MultiTurnTrainer.Models.Tests.Gguf;

/// <summary>Damaged and hostile GGUF files are refused by what is wrong, before memory is spent on what they claim.</summary>
public sealed class BadGgufTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string, string> Damages =>
        new()
        {
            { "no magic", "does not begin" },
            { "version 9", "version 9" },
            { "tensors", "tensors" },
            { "entries", "metadata entries" },
            { "key length", "a text claims" },
            { "list length", "entries of" },
            { "value type", "unknown type" },
            { "twice", "twice" },
            { "alignment", "general.alignment" },
            { "dimensions", "dimensions" },
            { "huge dimension", "a dimension of" },
            { "type", "GGUF type 99" },
            { "row", "no whole blocks" },
            { "offset", "was due" },
            { "cut", "the file ends before" },
            { "header cut", "not a whole GGUF file" },
        };

    [Theory]
    [MemberData(nameof(Damages))]
    public void Open_OfADamagedFile_SaysWhatIsWrong(string damage, string message)
    {
        string path = _folder["bad.gguf"];
        File.WriteAllBytes(path, Make(damage));
        long before = GC.GetAllocatedBytesForCurrentThread();

        MttException problem = Assert.Throws<MttException>(() => GgufFile.Open(path));

        Assert.Contains(message, problem.Message);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void Open_OfAWholeFile_ReadsIt()
    {
        string path = _folder["good.gguf"];
        File.WriteAllBytes(path, Make(""));

        using GgufFile file = GgufFile.Open(path);

        float[] values = new float[32];
        file.Read(file.Tensors["t"], 0, values);
        Assert.All(values, value => Assert.Equal(0, value));
    }

    [Fact]
    public void Read_FileThatWasCutSinceItWasOpened_IsRefused()
    {
        string path = _folder["cut.gguf"];
        File.WriteAllBytes(path, Make(""));
        using GgufFile file = GgufFile.Open(path);
        using (FileStream other = File.Open(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
        {
            other.SetLength(other.Length - 1);
        }

        MttException problem = Assert.Throws<MttException>(() => file.Read(file.Tensors["t"], 0, new float[32]));
        Assert.Equal($"{path}: was changed while it was read", problem.Message);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Real_OfNoFiniteNumber_IsRefused(float value)
    {
        GgufMetadata metadata = new("model.gguf", new Dictionary<string, object> { ["rope"] = value });

        Assert.Contains("finite", Assert.Throws<MttException>(() => metadata.Real("rope")).Message);
    }

    [Fact]
    public void Open_OfAnyCutOrChangedByte_NeverFailsOtherwise()
    {
        byte[] good = Make("");
        string path = _folder["mutated.gguf"];
        Random random = new(7);
        for (int i = 0; i < 2000; i++)
        {
            byte[] bytes = good[..(i % 2 == 0 ? good.Length : random.Next(good.Length))];
            for (int change = 0; change < 3 && bytes.Length > 0; change++)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            File.WriteAllBytes(path, bytes);
            try
            {
                GgufFile.Open(path).Dispose();
            }
            catch (MttException)
            {
                // Said what is wrong.
            }
        }
    }

    [Theory]
    [InlineData("mamba", "general.architecture is 'mamba'")]
    [InlineData("llama", "its metadata lacks")]
    public void Folder_OfAStrangeModel_IsRefusedByKey(string architecture, string message)
    {
        string path = _folder["strange.gguf"];
        GgufWriter.Write(path, [KeyValuePair.Create<string, object>("general.architecture", architecture)], [], false);

        Assert.Contains(message, Assert.Throws<MttException>(() => GgufFolder.Open(path)).Message);
    }

    // One tensor "t" of 32 zeros as Q8_0 and one key, damaged in one way.
    private static byte[] Make(string damage)
    {
        using MemoryStream stream = new();
        using BinaryWriter writer = new(stream);
        writer.Write(damage == "no magic" ? "GGML"u8 : "GGUF"u8);
        writer.Write(damage == "version 9" ? 9u : 3u);
        writer.Write(damage == "tensors" ? 1UL << 60 : 1UL);
        writer.Write(
            damage switch
            {
                "entries" => ulong.MaxValue,
                "twice" => 2UL,
                _ => 1UL,
            }
        );
        for (int i = 0; i < (damage == "twice" ? 2 : 1); i++)
        {
            WriteEntry(writer, damage);
        }

        Text(writer, "t");
        writer.Write(damage == "dimensions" ? 5u : 1u);
        writer.Write(
            damage switch
            {
                "huge dimension" => long.MaxValue,
                "row" => 33L,
                _ => 32L,
            }
        );
        writer.Write(damage == "type" ? 99 : (int)GgufType.Q8_0);
        writer.Write(damage == "offset" ? 64L : 0L);
        while (stream.Length % 32 != 0)
        {
            writer.Write((byte)0);
        }

        writer.Write(new byte[damage == "cut" ? 33 : 34]);
        byte[] bytes = stream.ToArray();
        return damage == "header cut" ? bytes[..40] : bytes;
    }

    private static void WriteEntry(BinaryWriter writer, string damage)
    {
        if (damage == "key length")
        {
            writer.Write(1UL << 40);
            return;
        }

        Text(writer, damage == "alignment" ? "general.alignment" : "key");
        switch (damage)
        {
            case "list length":
                writer.Write(9);
                writer.Write(6);
                writer.Write(1UL << 50);
                break;
            case "value type":
                writer.Write(77);
                break;
            case "alignment":
                writer.Write(4);
                writer.Write(33u);
                break;
            default:
                writer.Write(8);
                Text(writer, "value");
                break;
        }
    }

    private static void Text(BinaryWriter writer, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((ulong)bytes.Length);
        writer.Write(bytes);
    }
}
