namespace MultiTurnTrainer.Files;

/// <summary>The system's OpenSSL, which .NET on Linux takes hashes and random bytes from: it ends the process where there is none.</summary>
internal static class OpenSsl
{
    // Looking costs less than loading, and this is where most systems have it.
    private const string Usual = "/usr/lib/x86_64-linux-gnu/libssl.so.3";

    private static readonly bool _isThere =
        !OperatingSystem.IsLinux()
        || File.Exists(Usual)
        || Environment.GetEnvironmentVariable("CLR_OPENSSL_VERSION_OVERRIDE") is not null
        || Array.Exists(["libssl.so.3", "libssl.so.1.1", "libssl.so.10"], name => NativeLibrary.TryLoad(name, out _));

    /// <summary>Makes sure of it before the first use.</summary>
    /// <exception cref="MttException">It is not on this machine.</exception>
    public static void Require()
    {
        if (!_isThere)
        {
            throw new MttException(
                "OpenSSL's libssl is not on this machine",
                "apt-get install libssl3, then run it again."
            );
        }
    }
}
