namespace MultiTurnTrainer.Files;

/// <summary>The check of gzip members (ISO 3309), eight bytes at a time.</summary>
internal static class Crc32
{
    private static readonly uint[][] _tables = Tables();

    /// <summary>The check of a text and of what follows it.</summary>
    public static uint Append(uint crc, ReadOnlySpan<byte> text)
    {
        crc = ~crc;
        while (text.Length >= 8)
        {
            uint low = crc ^ BitConverter.ToUInt32(text);
            uint high = BitConverter.ToUInt32(text[4..]);
            crc =
                _tables[7][low & 0xFF]
                ^ _tables[6][(low >> 8) & 0xFF]
                ^ _tables[5][(low >> 16) & 0xFF]
                ^ _tables[4][low >> 24]
                ^ _tables[3][high & 0xFF]
                ^ _tables[2][(high >> 8) & 0xFF]
                ^ _tables[1][(high >> 16) & 0xFF]
                ^ _tables[0][high >> 24];
            text = text[8..];
        }

        foreach (byte b in text)
        {
            crc = (crc >> 8) ^ _tables[0][(crc ^ b) & 0xFF];
        }

        return ~crc;
    }

    private static uint[][] Tables()
    {
        uint[][] tables = [.. Enumerable.Range(0, 8).Select(_ => new uint[256])];
        for (uint i = 0; i < 256; i++)
        {
            uint crc = i;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * 0xEDB88320);
            }

            tables[0][i] = crc;
        }

        for (int table = 1; table < 8; table++)
        {
            for (int i = 0; i < 256; i++)
            {
                uint before = tables[table - 1][i];
                tables[table][i] = (before >> 8) ^ tables[0][before & 0xFF];
            }
        }

        return tables;
    }
}
