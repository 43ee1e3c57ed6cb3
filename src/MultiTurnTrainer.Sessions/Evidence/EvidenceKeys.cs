namespace MultiTurnTrainer.Sessions.Evidence;

/// <summary>Reads keys of the elliptic curves from PEM files.</summary>
public static class EvidenceKeys
{
    private const int MostBytes = 1 << 16;

    /// <summary>A private key, to sign with.</summary>
    /// <exception cref="MttException">The file holds none.</exception>
    public static ECDsa ReadPrivate(string path)
    {
        ECDsa key = Read(path);
        try
        {
            key.SignData([], HashAlgorithmName.SHA256);
            return key;
        }
        catch (CryptographicException problem)
        {
            key.Dispose();
            throw Bad(path, "holds a public key, and signing takes the private one", problem);
        }
    }

    /// <summary>A key to check with: a public one, or a private one that has it.</summary>
    /// <exception cref="MttException">The file holds none.</exception>
    public static ECDsa Read(string path)
    {
        InputStream.CheckExists(path);
        if (new FileInfo(path).Length > MostBytes)
        {
            throw Bad(path, "is no PEM file of a key", null);
        }

        ECDsa key = ECDsa.Create();
        try
        {
            key.ImportFromPem(Encoding.UTF8.GetString(InputFile.ReadBytes(path)));
            return key;
        }
        catch (Exception problem) when (problem is ArgumentException or CryptographicException)
        {
            key.Dispose();
            throw Bad(path, "is no PEM file of an elliptic-curve key without a password", problem);
        }
    }

    private static MttException Bad(string path, string what, Exception? problem) =>
        new(
            Printable.Of($"{path}: {what}"),
            "openssl ecparam -name prime256v1 -genkey -noout -out key.pem; openssl ec -in key.pem -pubout -out public.pem",
            problem
        );
}
