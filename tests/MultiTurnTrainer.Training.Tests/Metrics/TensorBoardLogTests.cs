using System.Buffers.Binary;
using System.Text;
using MultiTurnTrainer.Training.Metrics;

namespace MultiTurnTrainer.Training.Tests.Metrics;

public class TensorBoardLogTests
{
    // RFC 3720 B.4: CRC-32C of 32 zero bytes is 8a9136aa.
    [Fact]
    public void MaskedCrc_KnownBytes_EqualsTheStandard()
    {
        const uint crc = 0x8A9136AA;

        Assert.Equal(unchecked(((crc >> 15) | (crc << 17)) + 0xA282EAD8), TensorBoardLog.MaskedCrc(new byte[32]));
    }

    [Fact]
    public void Write_Scalars_GivesWholeFramesWithTagAndValue()
    {
        using TempFolder folder = new();
        using (TensorBoardLog log = new(folder.Path, TimeProvider.System))
        {
            log.Write(7, [("train/loss", 1.5)]);
        }

        byte[] bytes = File.ReadAllBytes(Directory.GetFiles(folder.Path).Single());
        List<byte[]> messages = [];
        for (int at = 0; at < bytes.Length; )
        {
            int length = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at));
            Assert.Equal(
                TensorBoardLog.MaskedCrc(bytes.AsSpan(at, 8)),
                BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 8))
            );
            messages.Add(bytes[(at + 12)..(at + 12 + length)]);
            Assert.Equal(
                TensorBoardLog.MaskedCrc(messages[^1]),
                BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 12 + length))
            );
            at += length + 16;
        }

        Assert.Equal(2, messages.Count);
        Assert.Contains("brain.Event:2", Encoding.UTF8.GetString(messages[0]));
        Assert.Equal(7, messages[1][10]);
        Assert.Contains("train/loss", Encoding.UTF8.GetString(messages[1]));
        Assert.Equal(1.5f, BinaryPrimitives.ReadSingleLittleEndian(messages[1].AsSpan(messages[1].Length - 4)));
    }
}
