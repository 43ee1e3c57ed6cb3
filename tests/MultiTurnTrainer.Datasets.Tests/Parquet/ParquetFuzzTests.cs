using System.Globalization;
using System.Text;
using MultiTurnTrainer.Datasets.Parquet;
using MultiTurnTrainer.Datasets.Rows;
using MultiTurnTrainer.Datasets.Tests.Rows;
using MultiTurnTrainer.Files;

namespace MultiTurnTrainer.Datasets.Tests.Parquet;

/// <summary>
/// Damaged files give an <see cref="MttException"/> or rows, never another exception and never a hang.
/// <c>MTT_FUZZ_PARQUET</c> sets how many of each file (the nightly script runs 20,000 in all).
/// </summary>
public class ParquetFuzzTests
{
    private static readonly int _mutationsPerFile = int.Parse(
        Environment.GetEnvironmentVariable("MTT_FUZZ_PARQUET") ?? "400",
        CultureInfo.InvariantCulture
    );

    public static TheoryData<string> Files =>
        [.. Directory.GetFiles(ParquetFixtureTests.Folder, "*.parquet").Select(path => Path.GetFileName(path)).Order()];

    [Theory]
    [MemberData(nameof(Files))]
    public void Read_MutatedFile_FailsCleanly(string name)
    {
        byte[] original = File.ReadAllBytes(Path.Combine(ParquetFixtureTests.Folder, name));
        Assert.InRange(Mutate(original, seed: 11, path => ParquetJsonReader.Read(path).Count()), 1, _mutationsPerFile);
    }

    [Fact]
    public void Read_MutatedTokenRows_FailsCleanly()
    {
        using TempFolder folder = new();
        TokenRowFileTests.Write(folder["rows.parquet"], TokenRowFileTests.MakeRows(seed: 7, count: 80, weighted: true));
        byte[] original = File.ReadAllBytes(folder["rows.parquet"]);
        Assert.InRange(Mutate(original, seed: 12, path => TokenRowReader.Read(path).Count()), 1, _mutationsPerFile);
    }

    [Theory]
    [InlineData("")]
    [InlineData("PAR1")]
    [InlineData("PAR1aaaaaaaaaaaaPAR1")]
    [InlineData("{\"messages\": []}\n")]
    public void Open_NotParquet_NamesTheFile(string text)
    {
        using TempFolder folder = new();
        string path = folder.Write("rows.parquet", text);
        MttException problem = Assert.Throws<MttException>(() => ParquetFile.Open(path));
        Assert.StartsWith($"{path}: not a valid Parquet file", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(50, true)]
    [InlineData(80, false)]
    [InlineData(300_000, false)]
    public void Open_NestedSchema_IsBounded(int depth, bool accepted)
    {
        using TempFolder folder = new();
        string path = folder["deep.parquet"];
        File.WriteAllBytes(path, Nested(depth));
        if (accepted)
        {
            using ParquetFile file = ParquetFile.Open(path);
            Assert.Equal(depth + 1, Assert.Single(file.Leaves).Path.Split('.').Length);
        }
        else
        {
            MttException problem = Assert.Throws<MttException>(() => ParquetFile.Open(path));
            Assert.Contains("nested too deeply", problem.Message, StringComparison.Ordinal);
        }
    }

    // A file without rows whose only column lies in groups within groups (Thrift's compact protocol, by hand).
    private static byte[] Nested(int depth)
    {
        byte[] group = [0x35, 2, 0x18, 1, (byte)'a', 0x15, 2, 0];
        byte[] leaf = [0x15, 2, 0x25, 2, 0x18, 1, (byte)'v', 0];
        List<byte> footer = [0x15, 2, 0x19, 0xFC];
        for (int count = depth + 2; ; count >>= 7)
        {
            footer.Add((byte)((count & 0x7F) | (count > 0x7F ? 0x80 : 0)));
            if (count <= 0x7F)
            {
                break;
            }
        }

        footer.AddRange([0x48, 1, (byte)'r', 0x15, 2, 0]);
        for (int i = 0; i < depth; i++)
        {
            footer.AddRange(group);
        }

        footer.AddRange([.. leaf, 0x16, 0, 0x19, 0x0C, 0]);
        return [.. "PAR1"u8, .. footer, .. BitConverter.GetBytes(footer.Count), .. "PAR1"u8];
    }

    // Returns how many mutations were refused.
    private static int Mutate(byte[] original, int seed, Func<string, int> read)
    {
        using TempFolder folder = new();
        string path = folder["mutated.parquet"];
        Random random = new(seed);
        int refused = 0;
        for (int i = 0; i < _mutationsPerFile; i++)
        {
            byte[] bytes = Damage(original, random);
            File.WriteAllBytes(path, bytes);
            try
            {
                read(path);
            }
            catch (MttException)
            {
                refused++;
            }
            catch (Exception problem)
            {
                Assert.Fail($"mutation {i} of seed {seed}: {problem}");
            }
        }

        return refused;
    }

    private static byte[] Damage(byte[] original, Random random)
    {
        byte[] bytes = [.. original];
        switch (random.Next(5))
        {
            case 0:
                return bytes[..random.Next(bytes.Length)];
            case 1:
                int from = random.Next(bytes.Length);
                return [.. bytes[..from], .. bytes[(from + random.Next(bytes.Length - from))..]];
            case 2:
                // The footer is where lengths and counts lie.
                int footer = BitConverter.ToInt32(bytes, bytes.Length - 8);
                bytes[bytes.Length - 8 - 1 - random.Next(footer)] = (byte)random.Next(256);
                return bytes;
            case 3:
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                return bytes;
            default:
                for (int i = random.Next(1, 20); i > 0; i--)
                {
                    bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
                }

                return bytes;
        }
    }
}
