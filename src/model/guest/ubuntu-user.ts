/** The default user of Ubuntu images. Builds log in as this user, and runners run as this user. */
export const UBUNTU_USER = 'ubuntu';
